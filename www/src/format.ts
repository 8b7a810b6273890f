// Numbers for people. Values arrive in seconds, shares and counts.
import type { ComparedMeasure, Estimate } from '../pkg/poolwise.js';

export const NOTHING = '–';
// A number and its unit stay on one line.
const GAP = '\u00a0';
const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

type Write = (value: number) => string;

export const count: Write = (value) => {
  if (Math.abs(value) >= 1000) return whole.format(value);
  return value > 0 && value < 0.001 ? `<${GAP}0.001` : plain.format(value);
};

export const share: Write = (value) => (value > 0 && value < 1e-5 ? `<${GAP}0.001${GAP}%` : `${plain.format(value * 100)}${GAP}%`);

export const seconds: Write = (value) => {
  if (value >= 1) return `${plain.format(value)}${GAP}s`;
  return value >= 1e-3 || value === 0 ? `${plain.format(value * 1e3)}${GAP}ms` : `${plain.format(value * 1e6)}${GAP}µs`;
};

/** A value that may be absent: null, or NaN in a column. */
export const maybe = (value: number | null | undefined, write: Write): string =>
  value === null || value === undefined || Number.isNaN(value) ? NOTHING : write(value);

/** An estimate and, where it is known, how far off it may be. */
export function estimate(found: Estimate | null | undefined, write: Write): string {
  if (!found) return NOTHING;
  const mean = write(found.mean);
  return found.half_width && !mean.startsWith('<') ? `${mean} ± ${write(Number(found.half_width.toPrecision(2)))}` : mean;
}

/** How much more a share is than that of the scenario itself. */
export function difference({ difference: found, effect, at_most }: ComparedMeasure): string {
  if (!found) return '';
  if (effect === 'no_difference') return at_most ? `no difference (at most ${share(at_most)})` : 'no difference';
  const half = found.half_width === undefined ? '' : ` ± ${share(Number(found.half_width.toPrecision(2)))}`;
  return `${found.mean < 0 ? '−' : '+'}${share(Math.abs(found.mean))}${half}`;
}
