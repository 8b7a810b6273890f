import { describe, expect, it } from 'vitest';
import type { Columns, Estimate, InstanceColumns, Prediction, Recommendation, Times } from '../../pkg/poolwise.js';
import { at, binOf, busiest, foremost, placeOf, runColumns, sizeColumns, thin, thinned, whole } from './columns.js';

const estimate = (mean: number, half_width?: number): Estimate => ({ mean, half_width, replications: 8 });
const times = (p50: number, p99?: Estimate): Times => ({ mean: undefined, p50: estimate(p50), p90: undefined, p95: undefined, p99 });
const theory = { sizes: [3, 4].map((max_size) => ({ max_size, wait: { p50: 0, p95: 0.02, p99: 0.1 * max_size } })) } as Prediction;
const found = {
  table: [
    { max_size: 5, wait: times(0, estimate(0.2, 0.05)) },
    { max_size: 4, wait: times(0.001, estimate(0.3)) },
    { max_size: 2, wait: times(9) },
  ],
} as Recommendation;

describe('the columns of sizes', () => {
  const [sizes, p50, , , p95, , , p99, high, low, t50, t95, t99] = sizeColumns(theory, found, 0.001);

  it('hold every size once, in order', () => expect(sizes).toEqual([2, 3, 4, 5]));
  it('leave a gap where nothing is known', () => {
    expect(p95).toEqual([null, null, null, null]);
    expect(p99).toEqual([null, null, 0.3, 0.2]);
    expect(t95).toEqual([null, 0.02, 0.02, null]);
  });
  it('have ends only where an estimate has a half-width', () => {
    expect(high).toEqual([null, null, null, 0.25]);
    expect(low?.[3]).toBeCloseTo(0.15);
    expect(low?.[2]).toBeNull();
  });
  it('raise what is below the floor, which a logarithmic axis could not show', () => {
    expect(p50).toEqual([9, null, 0.001, 0.001]);
    expect(t50).toEqual([null, 0.001, 0.001, null]);
    expect(t99?.[1]).toBeCloseTo(0.3);
  });
  it('are empty when nothing is known', () => expect(sizeColumns(null, null, 1)).toEqual(Array(13).fill([])));
});

describe('the columns of a run', () => {
  it('turn absent values into gaps', () => {
    const series = { t: Float64Array.of(0, 1), wait_p99: Float64Array.of(NaN, 2) } as unknown as Columns;
    expect(runColumns(series, ['wait_p99'])).toEqual([[0, 1], [null, 2]]);
  });
});

describe('a long column', () => {
  it('is thinned evenly', () => {
    expect(thinned(5, 10)).toEqual([0, 1, 2, 3, 4]);
    expect(thinned(10, 5)).toEqual([0, 2, 4, 6, 8]);
    expect(thinned(240, 100)).toHaveLength(80);
    expect(thinned(0, 5)).toEqual([]);
  });
});

describe('long columns', () => {
  const t = Array.from({ length: 1440 }, (_, n) => n + 0.5);
  const flat = t.map((_, n) => (n === 700 ? 99 : 1));
  const few = thin([t, flat, t.map(() => null)], 600);
  const [times, thinner, gaps] = few;

  it('become short ones, in order', () => {
    expect(times!.length).toBeLessThanOrEqual(600);
    expect(times).toEqual([...times!].sort((a, b) => a! - b!));
    expect(times!.at(-1)).toBe(1439.5);
  });
  it('keep a peak where it is, nearly', () => {
    const peak = thinner!.indexOf(99);
    expect(Math.abs(times![peak]! - 700.5)).toBeLessThan(5);
    expect(Math.min(...(thinner as number[]))).toBe(1);
  });
  it('keep gaps', () => expect(gaps!.every((value) => value === null)).toBe(true));
  it('are still known as a whole, so that what is written of a moment is that of its bin', () => {
    const [bins, values] = whole(few);
    expect([698.9, 700.2, 701].map((time) => values![binOf(bins!, time)])).toEqual([1, 99, 1]);
    expect(whole([[1], [2]])).toEqual([[1], [2]]);
  });
  it('stay as they are when they are short', () => expect(thin([[1, 2], [3, 4]], 600)).toEqual([[1, 2], [3, 4]]));
});

describe('a place in time', () => {
  it('is that of the last moment before', () => expect([0, 1, 1.5, 9].map((time) => placeOf([1, 1, 3], time))).toEqual([-1, 1, 1, 2]));
  it('belongs to the bin that begins there', () => {
    const middles = [30, 90, 150];
    expect([0, 59.9, 60, 119.9, 120, 180, 999].map((time) => binOf(middles, time))).toEqual([0, 0, 1, 1, 2, 2, 2]);
    expect([binOf([], 5), binOf([5], 99)]).toEqual([0, 0]);
  });
  it('lets another run be drawn over this one', () =>
    expect(at([0.5, 1.5, 2.5, 9.5], [0.6, 1.4, 2.4], [5, NaN, 7])).toEqual([5, null, 7, null]));
});

describe('the foremost instances', () => {
  const instance = (n: number, active: number, pending: number) =>
    ({ instance: n, active: Float64Array.of(0, active), pending: Float64Array.of(pending, 0) }) as unknown as InstanceColumns;

  it('are those with most in use, then most waiting, in their order', () => {
    const all = [instance(0, 1, 9), instance(1, 5, 0), instance(2, 20, 3), instance(3, 5, 4)];
    expect(foremost(all, 2).map((one) => one.instance)).toEqual([2, 3]);
    expect(foremost(all, 9)).toEqual(all);
  });
  it('is the one with most to do at a moment, of those that are there', () => {
    const bins = (n: number, active: number[], pending: number[], size: number[]) =>
      ({ instance: n, t: [30, 90], active, pending, size }) as unknown as InstanceColumns;
    const all = [bins(0, [9, 0], [9, 0], [10, 0]), bins(1, [1, 1], [0, 0], [10, 10]), bins(12, [0, 8], [0, 7], [0, 10]), bins(13, [0, 9], [0, 5], [0, 10])];
    expect([0, 59, 60, 200].map((time) => busiest(all, time))).toEqual([0, 0, 12, 12]);
    expect([busiest([], 5), busiest([bins(3, [0, 0], [0, 0], [5, 5])], 5)]).toEqual([0, 3]);
  });
});
