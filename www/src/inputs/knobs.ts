// The form's knobs: where each stands in the scenario, and how its text and its number belong together.
import { parse } from '../../pkg/poolwise.js';
import type { Knob, Scenario } from '../../pkg/poolwise.js';
import { fieldAt, standing } from './paths.js';
import { read, write } from './scenario.js';
import { shipped } from './presets.js';

const HOLD = /^\s*percentiles\(\s*p50\s*=([^,=]*),\s*p95\s*=([^,=]*),\s*p99\s*=([^,=]*)\)\s*$/;
const HOLD_KEYS = ['hold.p50', 'hold.p95', 'hold.p99'];
const OBJECTIVE = /^\s*(wait\.p\d+)\s*<=\s*(.*?)\s*$/;
const SLO_KEY = 'slo.wait_p99';

/** The path that a problem with this knob names. */
export function home(knob: Knob, scenario: Scenario = {} as Scenario): string {
  if (HOLD_KEYS.includes(knob.path)) return 'query[0].hold';
  return knob.path === SLO_KEY ? 'slo[0]' : standing(scenario, knob.path);
}

/** What holds at a path where nothing is written: what the pool's preset says, else the library's default. */
export const unwritten = (scenario: Scenario, path: string): string => shipped(scenario, path)?.value ?? fieldAt(path)?.default ?? '';
/** What is written at a path, or what holds without. */
export const written = (scenario: Scenario, path: string): string => read(scenario, path) ?? unwritten(scenario, path);

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
  return written(scenario, home(knob, scenario));
}

/** The scenario with this knob at `entered`; bare numbers get the knob's unit. */
export function turn(scenario: Scenario, knob: Knob, entered: string): Scenario {
  const text = withUnit(knob, entered);
  const part = HOLD_KEYS.indexOf(knob.path);
  if (part < 0) return write(scenario, home(knob, scenario), knob.path === SLO_KEY ? `wait.p99 <= ${text}` : text);
  const parts = (HOLD.exec(written(scenario, 'query[0].hold')) ?? []).slice(1).map((p) => p.trim());
  parts[part] = text.replace(/[,=()]/g, ' ');
  return write(scenario, 'query[0].hold', `percentiles(p50=${parts[0]}, p95=${parts[1]}, p99=${parts[2]})`);
}

/** As it is written in a scenario: a bare number, also at an end of a range, gets the knob's unit. */
export function withUnit(knob: Knob, entered: string): string {
  // A comma too: the library's message about it is better with a unit.
  const bare = (text: string) => (/^[\d.,]*\d[\d.,]*(e[+-]?\d+)?$/i.test(text) ? text + knob.unit : text);
  return ends(entered.trim())?.map((end) => bare(end.trim())).join('..') ?? bare(entered.trim());
}

/** As it is shown beside the knob's unit: without it, where nothing else is lost. */
export function withoutUnit(knob: Knob, text: string): string {
  const stripped = knob.unit ? ends(text)?.map((end) => cut(knob, end)).join('..') ?? cut(knob, text) : text;
  return withUnit(knob, stripped) === text ? stripped : text;
}

const cut = (knob: Knob, text: string): string => (text.endsWith(knob.unit) ? text.slice(0, text.length - knob.unit.length) : text);

/** The two ends of a text such as "800/s..1200/s". */
export function ends(text: string): [string, string] | null {
  const [low, high, more] = text.split('..');
  return low !== undefined && high !== undefined && more === undefined ? [low, high] : null;
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

/** The two ends of a range in the knob's own unit. */
export function rangeOf(knob: Knob, text: string): [number, number] | null {
  const [low = null, high = null] = ends(text)?.map((end) => valueOf(knob, end)) ?? [];
  return low === null || high === null ? null : [low, high];
}

// By which factor an uncertain value may be off, to begin with.
const OFF = 1.2;
const rounded = (knob: Knob, value: number): number => (knob.whole ? Math.max(knob.least, Math.round(value)) : Number(value.toPrecision(3)));

/** A value as a range around it, and a range as the value in its middle. */
export function blurred(knob: Knob, text: string): string {
  const range = rangeOf(knob, text);
  // The library draws by factors: its middle is the geometric one.
  if (range) return String(rounded(knob, range[0] > 0 ? Math.sqrt(range[0] * range[1]) : (range[0] + range[1]) / 2));
  const value = valueOf(knob, text) ?? knob.start;
  const low = rounded(knob, value / OFF);
  return `${low}..${Math.max(rounded(knob, value * OFF), knob.whole ? low + 1 : low)}`;
}
