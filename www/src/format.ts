// Numbers for people, as the reader's language writes them. Values arrive in seconds, shares and counts.
import type { ComparedMeasure, Estimate } from '../pkg/poolwise.js';

export const NOTHING = '–';
// A number and its unit stay on one line.
const GAP = '\u00a0';
let plain: Intl.NumberFormat;
let whole: Intl.NumberFormat;

/** Write as in this language; without one, as in the reader's. */
export function writeAsIn(language?: string): void {
  plain = new Intl.NumberFormat(language, { maximumSignificantDigits: 3, useGrouping: true });
  whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
}
writeAsIn();

export type Write = (value: number) => string;

export const count: Write = (value) => {
  if (Math.abs(value) >= 1000) return whole.format(value);
  return value > 0 && value < 0.001 ? `<${GAP}${plain.format(0.001)}` : plain.format(value);
};

export const share: Write = (value) => (value > 0 && value < 1e-5 ? `<${GAP}${plain.format(0.001)}${GAP}%` : `${plain.format(value * 100)}${GAP}%`);

export const seconds: Write = (value) => {
  if (value >= 1) return `${plain.format(value)}${GAP}s`;
  return value >= 1e-3 || value === 0 ? `${plain.format(value * 1e3)}${GAP}ms` : `${plain.format(value * 1e6)}${GAP}µs`;
};

/** How many times as much, as people say it, `than` (more traffic) or as `times` (the traffic). */
export function factor(value: number, than: string, times: string): string {
  if (value < 1.02) return `no ${than}`;
  return value < 2 ? `${share(Math.round((value - 1) * 100) / 100)} ${than}` : `${count(value)} times ${times}`;
}

/** Hours, minutes and seconds since the start. */
export const clock: Write = (value) => {
  const rounded = Math.round(value);
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

/** A value that may be absent: null, or NaN in a column. */
export const maybe = (value: number | null | undefined, write: Write): string =>
  value === null || value === undefined || Number.isNaN(value) ? NOTHING : write(value);

const half = (value: number | null | undefined, write: Write): string => (value ? ` ± ${write(Number(value.toPrecision(2)))}` : '');

/** An estimate and, where it is known, how far off it may be. */
export function estimate(found: Estimate | null | undefined, write: Write): string {
  if (!found) return NOTHING;
  const mean = write(found.mean);
  return mean.startsWith('<') ? mean : mean + half(found.half_width, write);
}

/** How much more it is than that of the scenario itself. */
export function difference({ difference: found, effect, at_most }: ComparedMeasure, write: Write = share): string {
  if (!found) return '';
  if (effect === 'no_difference') return at_most ? `no difference (at most ${write(at_most)})` : 'no difference';
  return `${found.mean < 0 ? '−' : '+'}${write(Math.abs(found.mean))}${half(found.half_width, write)}`;
}
