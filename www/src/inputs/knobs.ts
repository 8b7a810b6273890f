// The form's knobs: where each stands in the scenario, and how its text and its number belong together.
import { fields, parse } from '../../pkg/poolwise.js';
import type { Knob, Scenario } from '../../pkg/poolwise.js';
import { read, write } from './scenario.js';

const HOLD = /^\s*percentiles\(\s*p50\s*=([^,=]*),\s*p95\s*=([^,=]*),\s*p99\s*=([^,=]*)\)\s*$/;
const HOLD_KEYS = ['hold.p50', 'hold.p95', 'hold.p99'];
const OBJECTIVE = /^\s*(wait\.p\d+)\s*<=\s*(.*?)\s*$/;
const SLO_KEY = 'slo.wait_p99';

/** The path that a problem with this knob names. */
export function home(knob: Knob): string {
  if (HOLD_KEYS.includes(knob.path)) return 'query[0].hold';
  return knob.path === SLO_KEY ? 'slo[0]' : knob.path;
}

const defaultOf = (path: string): string => fields().find((f) => f.path === path.replace(/\d+/g, ''))?.default ?? '';
/** What is written at a path, or the library's default. */
export const written = (scenario: Scenario, path: string): string => read(scenario, path) ?? defaultOf(path);

/** Whether the hold time is the one that the three knobs can write. */
export function hasPlainHold(scenario: Scenario): boolean {
  return !scenario.query?.[1] && HOLD.test(written(scenario, 'query[0].hold'));
}

/** Whether requests come from one source at a rate, which the knob can write. */
export function hasPlainRate({ traffic }: Scenario): boolean {
  if (Array.isArray(traffic)) return false;
  const other = traffic?.gaps ?? traffic?.states?.[0] ?? traffic?.batch ?? traffic?.clients ?? traffic?.trace;
  return other === undefined || other === null;
}

/** Whether the objective is the one that the knob can write. */
export function hasPlainObjective(scenario: Scenario): boolean {
  return !scenario.slo?.[1] && objective(scenario)?.metric === 'wait.p99';
}

/** The first objective, if it is one on a percentile of the wait. */
export function objective(scenario: Scenario): { metric: string; limit: string } | null {
  const [, metric, limit] = OBJECTIVE.exec(written(scenario, 'slo[0]')) ?? [];
  return metric !== undefined && limit !== undefined ? { metric, limit } : null;
}

export function textOf(scenario: Scenario, knob: Knob): string {
  const part = HOLD_KEYS.indexOf(knob.path);
  if (part >= 0) return HOLD.exec(written(scenario, 'query[0].hold'))?.[part + 1]?.trim() ?? '';
  if (knob.path === SLO_KEY) return objective(scenario)?.limit ?? '';
  return written(scenario, knob.path);
}

/** The scenario with this knob at `entered`; a bare number gets the knob's unit. */
export function turn(scenario: Scenario, knob: Knob, entered: string): Scenario {
  const bare = /^[\d.]+$/.test(entered.trim());
  const text = bare ? entered.trim() + knob.unit : entered.trim();
  const part = HOLD_KEYS.indexOf(knob.path);
  if (part < 0) return write(scenario, home(knob), knob.path === SLO_KEY ? `wait.p99 <= ${text}` : text);
  const parts = (HOLD.exec(written(scenario, 'query[0].hold')) ?? []).slice(1).map((p) => p.trim());
  parts[part] = text.replace(/[,=()]/g, ' ');
  return write(scenario, 'query[0].hold', `percentiles(p50=${parts[0]}, p95=${parts[1]}, p99=${parts[2]})`);
}

/** A text in the knob's own unit, or null when it is not a number at all. */
export function valueOf(knob: Knob, text: string): number | null {
  try {
    const value = parse(knob.quantity, text) / parse(knob.quantity, `1${knob.unit}`);
    return Number(value.toPrecision(12));
  } catch {
    return null;
  }
}
