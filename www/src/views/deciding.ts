// What is held to a limit besides the wait, against the size of the pool: failed requests where they can give up, answers that take long.
import { parse } from '../../pkg/poolwise.js';
import type { Estimate, Recommendation, SizeRow } from '../../pkg/poolwise.js';
import { html } from 'lit';
import { measureColumns, type Column } from './columns.js';
import { count, estimate, seconds, share, type Write } from '../format.js';
import type { Note } from './annotate.js';
import type { Spec } from './spec.js';

export const SIZES = { label: 'pool size', at: 'size', write: count, steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] };

interface Deciding {
  words: string;
  limit: number;
  write: Write;
  of: (row: SizeRow) => Estimate | null | undefined;
}

const SHARES: Record<string, [words: string, of: Deciding['of']]> = {
  'impact.failed_requests': ['failed requests', (row) => row.failed_requests],
  timed_out_share: ['timed out', (row) => row.timed_out_share],
  wasted_share: ['work done for nobody', (row) => row.wasted_share],
};

/** The objectives that are none on the wait, where some size comes to anything. */
export function deciding({ slo, table }: Recommendation): Deciding[] {
  return slo.flatMap((objective) => {
    const [metric = '', limit = ''] = objective.split(' <= ');
    const known = measure(metric);
    if (!known || !table.some((row) => (known.of(row)?.mean ?? 0) > 0)) return [];
    return [{ ...known, limit: parse(known.write === share ? 'share' : 'duration', limit) }];
  });
}

function measure(metric: string): Omit<Deciding, 'limit'> | null {
  const [words, of] = SHARES[metric] ?? [];
  if (words && of) return { words, write: share, of };
  const [kind, stat] = metric.split('.');
  if ((kind !== 'response' && kind !== 'attempt') || !stat) return null;
  return { words: `${kind} ${stat}`, write: seconds, of: (row) => row[kind][stat as keyof SizeRow['wait']] };
}

export const begin = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}`;

// Made once each, so that a chart is built anew only when its axis changes.
const specs = new Map<string, Spec>();
function specOf({ words, write }: Deciding, floor: number | undefined): Spec {
  const key = `${words} ${floor}`;
  const made = specs.get(key) ?? {
    label: `${begin(words)} against the size of the pool`,
    height: 180,
    x: SIZES,
    y: floor === undefined ? { write } : { floor, write: (value: number) => `${value <= floor ? '≤ ' : ''}${write(value)}` },
    lines: [
      { label: words, group: words, colour: 'high', width: 2, points: true },
      { group: words, colour: 'none', width: 0 },
      { group: words, colour: 'none', width: 0 },
    ],
    bands: [{ between: [2, 3], colour: 'high-band' }],
  };
  specs.set(key, made);
  return made;
}

/** A chart of each below that of the waits, with its limit and the same sizes and places. Its axis is logarithmic where it must be. */
export function charts(found: Recommendation, sizes: Column, places: Note[]) {
  return deciding(found).map((one) => {
    const most = Math.max(...found.table.map((row) => one.of(row)?.mean ?? 0));
    // Two decades below the limit, or below the least that could matter.
    const floor = most > 5 * one.limit ? 10 ** (Math.floor(Math.log10(one.limit || 1e-3)) - 2) : undefined;
    const limit: Note = { kind: 'limit', y: Math.max(one.limit, floor ?? 0), text: `${one.words} ≤ ${one.write(one.limit)}` };
    const columns = measureColumns(sizes, found.table, one.of, floor);
    return html`<pool-chart .spec=${specOf(one, floor)} .columns=${columns} .notes=${[...places, limit]}></pool-chart>`;
  });
}

export const heads = (found: Recommendation) => deciding(found).map(({ words }) => html`<th scope="col">${begin(words)}</th>`);
export const cells = (found: Recommendation, row: SizeRow) => deciding(found).map(({ of, write }) => html`<td>${estimate(of(row), write)}</td>`);
