// One sentence on what a chart shows, for those who do not see it.
import { maybe } from '../format.js';
import type { Spec } from './spec.js';
import type { Column } from './columns.js';

/** Where each labelled line is highest. */
export function describe({ label, x, y, lines }: Spec, [places = [], ...columns]: Column[]): string {
  const highest = lines.flatMap((line, n) => {
    if (!line.label || line.ghost) return [];
    const peak = peakOf(columns[n] ?? []);
    return peak < 0 ? [] : [`${line.label} at most ${maybe(columns[n]?.[peak], y.write)} at ${x.at} ${maybe(places[peak], x.write)}`];
  });
  return `${label}: ${highest.length > 0 ? highest.join('; ') : 'no numbers yet'}. The table has all numbers.`;
}

function peakOf(column: Column): number {
  let peak = -1;
  column.forEach((value, n) => {
    if (value !== null && (peak < 0 || value > (column[peak] ?? -Infinity))) peak = n;
  });
  return peak;
}
