// Numbers for people. Values arrive in seconds, shares and counts; Intl writes them.
import type { Estimate } from '../pkg/poolwise.js';

export const NOTHING = '–';
const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 3 });
const unit = (name: string) => new Intl.NumberFormat('en', { style: 'unit', unit: name, maximumSignificantDigits: 3 });
const units = { seconds: unit('second'), milliseconds: unit('millisecond'), microseconds: unit('microsecond') };

type Write = (value: number) => string;

export const count: Write = (value) => (Math.abs(value) >= 1000 ? whole : plain).format(value);
export const share: Write = (value) => percent.format(value);

export const seconds: Write = (value) => {
  if (value === 0 || value >= 1) return units.seconds.format(value);
  return value >= 1e-3 ? units.milliseconds.format(value * 1e3) : units.microseconds.format(value * 1e6);
};

/** A value that may be absent: null, or NaN in a column. */
export const maybe = (value: number | null | undefined, write: Write): string =>
  value === null || value === undefined || Number.isNaN(value) ? NOTHING : write(value);

/** An estimate and, where it is known, how far off it may be. */
export function estimate(found: Estimate | null | undefined, write: Write): string {
  if (!found) return NOTHING;
  return found.half_width ? `${write(found.mean)} ± ${write(found.half_width)}` : write(found.mean);
}
