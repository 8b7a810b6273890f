// The places where a slider can stand: values with two digits on a logarithmic scale, equal steps on a linear one.
import type { Knob } from '../../pkg/poolwise.js';

export function stops({ least, most, log, whole }: Knob): number[] {
  const all = log ? twoDigits(least, most) : equalSteps(least, most);
  const found = all.filter((x) => x > least && x < most && (!whole || Number.isInteger(x)));
  return [least, ...found, most];
}

export function nearest(all: number[], value: number): number {
  const above = all.findIndex((stop) => stop >= value);
  if (above < 0) return all.length - 1;
  const before = all[above - 1];
  return before !== undefined && value - before < all[above]! - value ? above - 1 : above;
}

function twoDigits(least: number, most: number): number[] {
  const found: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); 10 ** decade < most; decade += 1) {
    for (let digits = 10; digits < 100; digits += 1) found.push(Number(`${digits}e${decade - 1}`));
  }
  return found;
}

function equalSteps(least: number, most: number): number[] {
  const count = 100;
  return Array.from({ length: count - 1 }, (_, n) => Number((least + ((most - least) * (n + 1)) / count).toPrecision(3)));
}
