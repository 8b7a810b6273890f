// From values to places on paper, and the round values that an axis names.
export interface Scale {
  place(value: number): number;
  ticks: number[];
}

/** Evenly from `low` to `high` between two places; the ticks are one of `steps` apart, or 1, 2 or 5 of a decade. */
export function even([low, high]: [number, number], [from, until]: [number, number], most: number, steps?: number[]): Scale {
  const width = high - low || 1;
  const step = steps?.find((one) => width / one <= most) ?? roundStep(width / most);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return {
    place: (value) => from + ((value - low) / width) * (until - from),
    ticks: Array.from({ length: Math.max(0, count) }, (_, n) => Number(((first + n) * step).toPrecision(12))),
  };
}

/** By decades. */
export function decades([low, high]: [number, number], [from, until]: [number, number]): Scale {
  const [least, most] = [Math.log10(low), Math.log10(high)];
  return {
    place: (value) => from + ((Math.log10(value) - least) / (most - least)) * (until - from),
    ticks: Array.from({ length: Math.floor(most + 1e-9) - Math.ceil(least - 1e-9) + 1 }, (_, n) => 10 ** (Math.ceil(least - 1e-9) + n)),
  };
}

function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least));
  return decade * (least <= decade ? 1 : least <= 2 * decade ? 2 : least <= 5 * decade ? 5 : 10);
}
