import { describe, expect, it } from 'vitest';
import type { Knob } from '../../pkg/poolwise.js';
import { nearest, stops } from './stops.js';

const knob = (least: number, most: number, log: boolean, whole: boolean): Knob => ({
  path: '', label: '', unit: '', quantity: 'count', gloss: '', find: '', start: least, least, most, log, whole,
});

describe('the stops of a slider', () => {
  it('rise from the least to the most, without repeats', () => {
    for (const all of [stops(knob(0.05, 120, true, false)), stops(knob(1, 500, true, true)), stops(knob(0, 1, false, false))]) {
      expect(all.every((stop, n) => n === 0 || stop > all[n - 1]!)).toBe(true);
    }
    expect(stops(knob(1, 500, true, true)).slice(0, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(stops(knob(0.05, 120, true, false)).at(-1)).toBe(120);
  });

  it('are found by the nearest value', () => {
    const all = stops(knob(1, 500, true, true));
    expect(all.map((stop) => nearest(all, stop))).toEqual(all.map((_, n) => n));
    expect(nearest(all, 0)).toBe(0);
    expect(nearest(all, 1e9)).toBe(all.length - 1);
    expect(all[nearest(all, 104)]).toBe(100);
  });
});
