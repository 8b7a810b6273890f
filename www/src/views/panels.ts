// The charts of a run over time: what each draws, and which of them have something to show.
import type { Columns, Replay, Report } from '../../pkg/poolwise.js';
import type { Note } from './annotate.js';
import type { Line, Spec } from './spec.js';
import { at, type Column, type Name, runColumns, thin } from './columns.js';
import { clock, count, seconds } from '../format.js';

export interface Panel {
  columns: Name[];
  /** Those that are drawn of the pinned scenario too. */
  ghosts: Name[];
  /** What is said of them beside. */
  words: string[];
  spec: Spec;
  shows?: (report: Report) => boolean;
}

const x = { label: 'time', at: 'time', write: clock, bare: true, steps: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600] };
type Ink = Line['colour'];
const line = (label: string, colour: Ink, more: Partial<Line> = {}): Line => ({ label, colour, width: 1.5, ...more });

function panel(label: string, height: number, write: (value: number) => string, lines: [Name, Line][], ghosts: Name[], shows?: Panel['shows']): Panel {
  const spec: Spec = { label, height, x, y: { write }, lines: lines.map(([, one]) => one) };
  return { columns: lines.map(([name]) => name), words: lines.map(([, one]) => one.label ?? ''), ghosts, spec, ...(shows ? { shows } : {}) };
}

const some = (name: Name) => ({ series }: Report): boolean => series?.[name].some((value) => value > 0) ?? false;

const all: Panel[] = [
  panel('Connections', 150, count, [
    ['active', line('in use', 'low', { fill: 'low-band' })],
    ['leaked', line('leaked', 'high')],
    ['total', line('open', 'mid', { dash: [2, 3] })],
    ['size', line('pool size', 'soft', { dash: [5, 4], stepped: true })],
  ], ['active']),
  panel('Waiting requests', 130, count, [['pending', line('waiting', 'mid', { fill: 'mid-band' })]], ['pending']),
  panel('Requests per second', 150, count, [
    ['offered', line('offered', 'soft', { dash: [2, 2] })],
    ['served', line('served', 'low')],
    ['timed_out', line('timed out', 'high', { fill: 'high-band' })],
    ['rejected', line('rejected', 'mid', { dash: [5, 3] })],
    ['failed', line('lost', 'bad', { dash: [1, 2] })],
  ], ['served']),
  panel('Wait for a connection', 150, seconds, [
    ['wait_p50', line('wait p50', 'low')],
    ['wait_p95', line('p95', 'mid')],
    ['wait_p99', line('p99', 'high')],
  ], ['wait_p99']),
  panel('Load of the database', 150, count, [
    ['connected', line('connected', 'low', { fill: 'low-band' })],
    ['running', line('queries on its cores', 'mid')],
  ], ['running'], ({ database }) => database != null),
  panel('Connections that the database refused, per second', 100, count, [['connect_refused', line('refused', 'bad', { fill: 'high-band' })]], [], some('connect_refused')),
  panel('Instances that serve', 90, count, [['instances', line('instances', 'low', { stepped: true })]], [], ({ fleet }) => fleet != null),
];

// With lines of another run, and with the axis below: each is made once, so that a chart is built anew only when it changes.
const made = new Map<string, Spec>();

/** The charts that a report fills, from top to bottom; the time axis stands below the last. */
export function panelsOf(report: Report | null, ghosts: boolean): { panel: Panel; spec: Spec }[] {
  const shown = all.filter(({ shows }) => !shows || (report && shows(report)));
  return shown.map((each, n) => ({ panel: each, spec: variant(each, ghosts, n === shown.length - 1) }));
}

function variant({ spec, columns, ghosts }: Panel, ghostly: boolean, last: boolean): Spec {
  const key = `${spec.label} ${ghostly} ${last}`;
  const extra = (ghostly ? ghosts : []).map((name): Line => {
    const like = spec.lines[columns.indexOf(name)];
    return { label: `${like?.label}, pinned`, colour: like?.colour ?? 'soft', width: 1, dash: [2, 2], ghost: true };
  });
  const found = made.get(key) ?? { ...spec, height: spec.height + (last ? 22 : 0), x: { ...x, bare: !last }, lines: [...spec.lines, ...extra] };
  made.set(key, found);
  return found;
}

const drawn = new WeakMap<Columns, Map<string, Column[]>>();

/** What a chart draws: as many points as can be seen. The same array for the same run, so that nothing is drawn twice. */
export function columnsOf(panel: Panel, spec: Spec, series: Columns | null | undefined, pinned: Columns | null | undefined): Column[] {
  if (!series) return [[], ...spec.lines.map(() => [])];
  const known = drawn.get(series) ?? new Map<string, Column[]>();
  drawn.set(series, known);
  const ghostly = spec.lines.length > panel.columns.length;
  const key = `${panel.spec.label} ${ghostly}`;
  const found = known.get(key) ?? thin(withGhosts(panel, series, ghostly ? pinned : null));
  known.set(key, found);
  return found;
}

function withGhosts({ columns, ghosts }: Panel, series: Columns, pinned: Columns | null | undefined): Column[] {
  const own = runColumns(series, columns);
  return pinned ? [...own, ...ghosts.map((name) => at(own[0] ?? [], pinned.t, pinned[name]))] : own;
}

/** Limits that belong to one chart. */
export function limitsOf({ columns }: Panel, report: Report | null, replay: Replay | null): Note[] {
  if (!columns.includes('connected')) return [];
  const notes: Note[] = [];
  if (report?.database?.usable != null) notes.push({ kind: 'limit', y: report.database.usable, text: `lets in ${count(report.database.usable)}` });
  if (replay?.cores != null) notes.push({ kind: 'limit', y: replay.cores, text: `${count(replay.cores)} cores`, colour: 'mid' });
  return notes;
}
