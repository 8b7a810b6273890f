import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComparedMeasure } from '../pkg/poolwise.js';
import { clock, count, difference, factor, seconds, share, writeAsIn } from './format.js';

const measure = (mean: number, half_width: number | undefined, rest: Partial<ComparedMeasure>): ComparedMeasure => ({
  measure: 'impact.failed_requests',
  value: undefined,
  difference: { mean, half_width, replications: 5 },
  effect: undefined,
  at_most: undefined,
  ...rest,
});
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

beforeEach(() => writeAsIn('en'));
afterEach(() => writeAsIn());

describe('a difference', () => {
  it('has a sign and its interval', () => expect(plain(difference(measure(-0.388, 0.0097, { effect: 'better' })))).toBe('−38.8 % ± 0.97 %'));
  it('is bounded where none was found', () => expect(plain(difference(measure(0.001, 0.002, { effect: 'no_difference', at_most: 0.003 })))).toBe('no difference (at most 0.3 %)'));
  it('can be exactly none', () => expect(difference(measure(0, 0, { effect: 'no_difference', at_most: 0 }))).toBe('no difference'));
  it('is nothing for the scenario itself', () => expect(difference(measure(0, 0, { difference: undefined }))).toBe(''));
});

describe('a number', () => {
  it('is written as in the reader\'s language', () => {
    expect([count(1234.5), plain(share(0.0012))]).toEqual(['1,235', '0.12 %']);
    writeAsIn('de');
    expect([count(1234.5), plain(share(0.0012)), plain(seconds(0.0015))]).toEqual(['1.235', '0,12 %', '1,5 ms']);
  });
  it('of a difference has the unit of its measure', () =>
    expect(plain(difference(measure(0.25, 0.01, { effect: 'worse' }), seconds))).toBe('+250 ms ± 10 ms'));
});

describe('a factor', () => {
  it('is none, a share or so many times', () => expect([1, 1.019, 1.358, 2, 3.25].map((value) => plain(factor(value, 'more traffic', 'the traffic'))))
    .toEqual(['no more traffic', 'no more traffic', '36 % more traffic', '2 times the traffic', '3.25 times the traffic']));
});

describe('a moment', () => {
  it('has hours only where there are some', () => expect([0, 59.6, 1930, 3723].map(clock)).toEqual(['0:00', '1:00', '32:10', '1:02:03']));
});
