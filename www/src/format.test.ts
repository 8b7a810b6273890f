import { describe, expect, it } from 'vitest';
import type { ComparedMeasure } from '../pkg/poolwise.js';
import { difference } from './format.js';

const measure = (mean: number, half_width: number | undefined, rest: Partial<ComparedMeasure>): ComparedMeasure => ({
  measure: 'impact.failed_requests',
  value: undefined,
  difference: { mean, half_width, replications: 5 },
  effect: undefined,
  at_most: undefined,
  ...rest,
});
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('a difference', () => {
  it('has a sign and its interval', () => expect(plain(difference(measure(-0.388, 0.0097, { effect: 'better' })))).toBe('−38.8 % ± 0.97 %'));
  it('is bounded where none was found', () => expect(plain(difference(measure(0.001, 0.002, { effect: 'no_difference', at_most: 0.003 })))).toBe('no difference (at most 0.3 %)'));
  it('can be exactly none', () => expect(difference(measure(0, 0, { effect: 'no_difference', at_most: 0 }))).toBe('no difference'));
  it('is nothing for the scenario itself', () => expect(difference(measure(0, 0, { difference: undefined }))).toBe(''));
});
