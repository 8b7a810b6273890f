// The first question: how the wait depends on the size of the pool.
import { parse } from '../../pkg/poolwise.js';
import type { Advice, Recommendation } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { found, leavesOut } from './answer.js';
import type { Note } from './annotate.js';
import type { Line, Spec } from './spec.js';
import { PERCENTILES, sizeColumns } from './columns.js';
import { cells, charts, heads, SIZES } from './deciding.js';
import { count, estimate, seconds, share } from '../format.js';
import { objective, written } from '../inputs/knobs.js';
import { sensitivity, uncertain } from './reach.js';
import type { Session } from '../state/session.js';
import { details } from './table.js';

const COLOURS = { p50: 'low', p95: 'mid', p99: 'high' } as const;

const lines: Line[] = [
  ...PERCENTILES.flatMap((p): Line[] => [
    { label: `wait ${p}`, group: p, colour: COLOURS[p], width: 2, points: true },
    { group: p, colour: 'none', width: 0 },
    { group: p, colour: 'none', width: 0 },
  ]),
  ...PERCENTILES.map((p): Line => ({ label: `theory ${p}`, colour: COLOURS[p], width: 1.25, dash: [4, 4] })),
];
const bands = PERCENTILES.map((p, n) => ({ between: [n * 3 + 2, n * 3 + 3] as [number, number], colour: `${COLOURS[p]}-band` as const }));

// One spec per floor, so that the chart is built anew only when its axis changes.
const specs = new Map<number, Spec>();
function spec(floor: number): Spec {
  const made = specs.get(floor) ?? {
    label: 'Wait for a connection against the size of the pool',
    height: 300,
    x: SIZES,
    y: { floor, write: (value: number) => `${value <= floor ? '≤ ' : ''}${seconds(value)}` },
    lines,
    bands,
  };
  specs.set(floor, made);
  return made;
}

/** The limit in seconds, when the objective is one on the wait. */
function limitOf({ scenario }: Session): number | null {
  try {
    return parse('duration', objective(scenario)?.limit ?? '');
  } catch {
    return null;
  }
}

/** The lowest value that is worth a place on the axis: two decades below the limit. */
const floorOf = (limit: number | null): number => 10 ** (Math.floor(Math.log10(limit || 0.01)) - 2);

export function sizing(session: Session) {
  const { prediction, advice } = session;
  const sized = found(session);
  const limit = limitOf(session);
  const floor = floorOf(limit);
  const columns = sizeColumns(prediction, sized, floor);
  const placed = places(session);
  const limits: Note[] = limit ? [{ kind: 'limit', y: limit, text: `${objective(session.scenario)?.metric} ≤ ${seconds(limit)}` }] : [];
  return html`<section class="card sizing">
    <h3>Wait for a connection, by pool size</h3>
    ${session.leads === 'run' && sized ? html`<p class="said">${sized.sentence} <span class="soft long-run">${leavesOut(session)}</span></p>` : nothing}
    <pool-chart .spec=${spec(floor)} .columns=${columns} .notes=${[...placed, ...limits]}></pool-chart>
    ${sized ? charts(sized, columns[0] ?? [], placed) : nothing}
    ${advice ? [sensitivity(advice), uncertain(advice)] : nothing}
    ${sized ? details('Simulated sizes as a table', () => table(sized, advice)) : nothing}
  </section>`;
}

/** The sizes that are spoken of. */
function places(session: Session): Note[] {
  const { scenario, advice, pinned } = session;
  const notes: Note[] = [];
  if (advice?.band) notes.push({ kind: 'safe', from: advice.band.lowest, until: advice.band.highest ?? Infinity });
  const size = found(session)?.recommended?.max_size;
  const now = Number(written(scenario, 'pool.max_size'));
  const then = pinned ? Number(written(pinned.scenario, 'pool.max_size')) : 0;
  if (then && then !== now && then !== size) notes.push({ kind: 'place', x: then, text: `pinned: ${count(then)}`, chosen: false });
  if (now && now !== size) notes.push({ kind: 'place', x: now, text: `now: ${count(now)}`, chosen: false });
  if (size !== undefined) notes.push({ kind: 'place', x: size, text: `recommended: ${count(size)}`, chosen: true });
  return notes;
}

function table(found: Recommendation, advice: Advice | null) {
  const { table: rows, recommended } = found;
  const band = advice?.band;
  const safe = (size: number) => (band && size >= band.lowest && size <= (band.highest ?? Infinity) ? 'safe' : '');
  return html`<table>
    <thead>
      <tr><th scope="col">Size</th><th scope="col">Objective</th>${band ? html`<th scope="col">Range</th>` : nothing}<th scope="col">Wait p50</th><th scope="col">Wait p95</th>
        <th scope="col">Wait p99</th><th scope="col">Busy</th>${heads(found)}<th scope="col">Runs</th></tr>
    </thead>
    <tbody>
      ${rows.map((row) => html`<tr class=${row.max_size === recommended?.max_size ? 'chosen' : ''}>
        <th scope="row">${count(row.max_size)}${row.max_size === recommended?.max_size ? html`<span class="unseen"> recommended</span>` : nothing}</th>
        <td><span class="verdict ${row.verdict}">${row.verdict}</span></td>
        ${band ? html`<td>${safe(row.max_size)}</td>` : nothing}
        ${PERCENTILES.map((p) => html`<td>${estimate(row.wait[p], seconds)}</td>`)}
        <td>${estimate(row.utilisation, share)}</td>
        ${cells(found, row)}
        <td>${count(row.replications)}</td>
      </tr>`)}
    </tbody>
  </table>`;
}
