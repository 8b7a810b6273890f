// Results as the columns that the charts draw. Nothing is computed here but the ends of an interval.
import type { Columns, Estimate, Prediction, Recommendation } from '../../pkg/poolwise.js';

export type Column = (number | null)[];
export const PERCENTILES = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** Sizes; per percentile the mean, upper and lower end; per percentile theory. Values below the floor stand on it. */
export function sizeColumns(theory: Prediction | null, found: Recommendation | null, floor: number): Column[] {
  const predicted = new Map(theory?.sizes.map((row) => [row.max_size, row.wait]));
  const simulated = new Map(found?.table.map((row) => [row.max_size, row.wait]));
  const sizes = [...new Set([...predicted.keys(), ...simulated.keys()])].sort((a, b) => a - b);
  const raised = (value: number | null | undefined) => (typeof value === 'number' ? Math.max(value, floor) : null);
  const estimated = PERCENTILES.flatMap((p) => {
    const estimates = sizes.map((size) => simulated.get(size)?.[p]);
    const ends = estimates.map(interval);
    return [estimates.map((e) => raised(e?.mean)), ends.map((e) => raised(e?.high)), ends.map((e) => raised(e?.low))];
  });
  const expected = PERCENTILES.map((p) => sizes.map((size) => raised(predicted.get(size)?.[p])));
  return [sizes, ...estimated, ...expected];
}

function interval(estimate: Estimate | null | undefined): { low: number; high: number } | null {
  if (typeof estimate?.half_width !== 'number') return null;
  return { low: estimate.mean - estimate.half_width, high: estimate.mean + estimate.half_width };
}

/** A column of the whole run. */
export type Name = Exclude<keyof Columns, 'per_instance'>;

/** Time and the named columns of a run; absent values become gaps. */
export function runColumns(series: Columns, names: Name[]): Column[] {
  return [Array.from(series.t), ...names.map((name) => gaps(series[name]))];
}

const gaps = (values: Float64Array): Column => Array.from(values, (value) => (Number.isNaN(value) ? null : value));

/** Every n-th place of a long column, so that a table of it stays readable. */
export function thinned(length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most));
  return Array.from({ length: Math.ceil(length / step) }, (_, n) => n * step);
}
