// Results as the columns that the charts draw. Nothing is computed here but the ends of an interval.
import type { Columns, Estimate, InstanceColumns, Prediction, Recommendation, SizeRow } from '../../pkg/poolwise.js';

export type Column = (number | null)[];
export const PERCENTILES = ['p50', 'p95', 'p99'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** Sizes; per percentile the mean, upper and lower end; per percentile theory. Values below the floor stand on it. */
export function sizeColumns(theory: Prediction | null, found: Recommendation | null, floor: number): Column[] {
  const predicted = new Map(theory?.sizes.map((row) => [row.max_size, row.wait]));
  const simulated = found?.table ?? [];
  const sizes = [...new Set([...predicted.keys(), ...simulated.map((row) => row.max_size)])].sort((a, b) => a - b);
  const raised = (value: number | null | undefined) => (typeof value === 'number' ? Math.max(value, floor) : null);
  const estimated = PERCENTILES.flatMap((p) => measureColumns(sizes, simulated, (row) => row.wait[p], floor).slice(1));
  const expected = PERCENTILES.map((p) => sizes.map((size) => raised(predicted.get(size)?.[p])));
  return [sizes, ...estimated, ...expected];
}

/** Of one measure the mean, upper and lower end at each of these sizes. Values below the floor stand on it. */
export function measureColumns(sizes: Column, table: SizeRow[], of: (row: SizeRow) => Estimate | null | undefined, floor = 0): Column[] {
  const known = new Map(table.map((row) => [row.max_size, of(row)]));
  const found = sizes.map((size) => known.get(size ?? 0));
  const raised = (value: number | undefined) => (value === undefined ? null : Math.max(value, floor));
  return [sizes, found.map((e) => raised(e?.mean)), found.map((e) => raised(interval(e)?.high)), found.map((e) => raised(interval(e)?.low))];
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

/** The most of a column, or 0. */
export const max = (values: Float64Array): number => values.reduce((high, value) => Math.max(high, value), 0);

/** So many of the instances, in their order: those that had most in use, and of equal ones those with most waiting. */
export function foremost(instances: InstanceColumns[], count: number): InstanceColumns[] {
  const all = instances.map((one) => ({ one, active: max(one.active), pending: max(one.pending) }));
  const few = new Set(all.sort((a, b) => b.active - a.active || b.pending - a.pending).slice(0, count).map(({ one }) => one));
  return instances.filter((one) => few.has(one));
}

/** The instance that has most in use and waiting at a moment, of those that are there. */
export function busiest(instances: InstanceColumns[], time: number): number {
  let [found, most] = [0, -1];
  for (const { instance, t, active, pending, size } of instances) {
    const bin = binOf(t, time);
    const busy = (active[bin] ?? 0) + (pending[bin] ?? 0);
    if (busy > most && (size[bin] ?? 0) > 0) [found, most] = [instance, busy];
  }
  return found;
}

const gaps = (values: Float64Array): Column => Array.from(values, (value) => (Number.isNaN(value) ? null : value));

// What thin columns were made of.
const wholes = new WeakMap<Column[], Column[]>();

/** Columns with all their bins: what is written of a moment is that of its bin, however few points are drawn. */
export const whole = (columns: Column[]): Column[] => wholes.get(columns) ?? columns;

/**
 * Columns of at most so many points. Of each stretch of places two stay, which hold the least and the most of every column in the
 * order in which they came: a peak of one place is still as high, and has moved by less than a stretch.
 */
export function thin([t = [], ...columns]: Column[], most = 600): Column[] {
  const stretch = Math.ceil((2 * t.length) / most);
  if (t.length <= most || stretch < 3) return [t, ...columns];
  const starts = Array.from({ length: Math.ceil(t.length / stretch) }, (_, n) => n * stretch);
  const last = (start: number) => Math.min(start + stretch, t.length) - 1;
  const times = starts.flatMap((start) => [t[start] ?? null, t[last(start)] ?? null]);
  const few = [times, ...columns.map((column) => starts.flatMap((start) => ends(column, start, last(start))))];
  wholes.set(few, [t, ...columns]);
  return few;
}

function ends(column: Column, start: number, last: number): [number | null, number | null] {
  let [low, high] = [-1, -1];
  for (let n = start; n <= last; n++) {
    const value = column[n] ?? null;
    if (value === null) continue;
    if (low < 0 || value < (column[low] ?? 0)) low = n;
    if (high < 0 || value > (column[high] ?? 0)) high = n;
  }
  if (low < 0) return [null, null];
  const [first, second] = low < high ? [low, high] : [high, low];
  return [column[first] ?? null, column[second] ?? null];
}

/** A column of another run at the times of this one; nothing beyond its end. */
export function at(times: Column, other: ArrayLike<number>, values: ArrayLike<number>): Column {
  let n = 0;
  const width = (other[1] ?? 0) - (other[0] ?? 0);
  return times.map((time) => {
    if (time === null) return null;
    while (n + 1 < other.length && Math.abs((other[n + 1] ?? 0) - time) <= Math.abs((other[n] ?? 0) - time)) n++;
    const value = values[n];
    return value === undefined || Number.isNaN(value) || Math.abs((other[n] ?? 0) - time) > width ? null : value;
  });
}

/** The last place of a rising column that lies at or before a value; -1 if all lie after it. */
export function placeOf(rising: ArrayLike<number | null>, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? -Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bin of a moment: bins are equal, `t` are their middles, and each begins where the one before ends. The last has no end. */
export function binOf(t: ArrayLike<number | null>, time: number): number {
  return Math.max(0, placeOf(t, time + ((t[1] ?? 0) - (t[0] ?? 0)) / 2));
}

/** Every n-th place of a long column, so that a table of it stays readable. */
export function thinned(length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most));
  return Array.from({ length: Math.ceil(length / step) }, (_, n) => n * step);
}
