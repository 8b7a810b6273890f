// The moments of a timeline: how long a run lasts, when each entry begins, and in which order they come.
import { parse, spell } from '../../pkg/poolwise.js';
import type { Scenario } from '../../pkg/poolwise.js';
import { written } from './knobs.js';
import { read } from './scenario.js';

/** A duration in seconds; null where there is none. */
export function seconds(text: string | undefined): number | null {
  try {
    return text === undefined ? null : parse('duration', text);
  } catch {
    return null;
  }
}

export const duration = (scenario: Scenario): number | null => seconds(written(scenario, 'duration'));
export const moment = (scenario: Scenario, n: number): number | null => seconds(read(scenario, `timeline[${n}].at`));

/** The places of the entries in order of time; those without a moment, which wait for an alert, at the end. */
export function inOrder(scenario: Scenario): number[] {
  const when = (scenario.timeline ?? []).map((_, n) => moment(scenario, n) ?? Infinity);
  return when.map((_, n) => n).sort((a, b) => (when[a] === when[b] ? a - b : when[a]! - when[b]!));
}

/** The step of a slider over a run: about 200 of them, and a round number where it can be. */
export function step(whole: number): number {
  const round = [1, 5, 10, 15, 30, 60, 300, 600, 1800, 3600];
  return whole < 200 ? whole / 200 : (round.find((each) => each * 200 >= whole) ?? whole / 200);
}

export const atMoment = (second: number): string => spell('duration', second);
