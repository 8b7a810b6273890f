// The first question: how the wait depends on the size of the pool.
import { parse } from '../../pkg/poolwise.js';
import type { Recommendation } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import type { Note } from './annotate.js';
import type { Line, Spec } from './chart.js';
import { PERCENTILES, sizeColumns } from './columns.js';
import { count, estimate, seconds, share } from '../format.js';
import { objective, written } from '../inputs/knobs.js';
import type { Session } from '../state/session.js';
import { details } from './table.js';

const COLOURS = { p50: 'low', p95: 'mid', p99: 'high' } as const;

const lines: Line[] = [
  ...PERCENTILES.flatMap((p): Line[] => [
    { label: `wait ${p}`, colour: COLOURS[p], width: 2, points: true },
    { colour: 'none', width: 0 },
    { colour: 'none', width: 0 },
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
    x: { label: 'pool size', write: count, steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000] },
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
  const { prediction, recommendation } = session;
  const limit = limitOf(session);
  const floor = floorOf(limit);
  return html`<section class="card sizing">
    <h3>Wait for a connection, by pool size</h3>
    ${session.leads === 'run' && recommendation ? html`<p class="said">${recommendation.sentence}</p>` : nothing}
    <pool-chart .spec=${spec(floor)} .columns=${sizeColumns(prediction, recommendation, floor)} .notes=${notes(session, limit)}></pool-chart>
    ${recommendation ? details('Simulated sizes as a table', () => table(recommendation)) : nothing}
  </section>`;
}

function notes({ scenario, recommendation }: Session, limit: number | null): Note[] {
  const found: Note[] = [];
  if (limit) found.push({ kind: 'limit', y: limit, text: `${objective(scenario)?.metric} ≤ ${seconds(limit)}` });
  const size = recommendation?.recommended?.max_size;
  const now = Number(written(scenario, 'pool.max_size'));
  if (now && now !== size) found.push({ kind: 'place', x: now, text: `now: ${count(now)}`, chosen: false });
  if (size !== undefined) found.push({ kind: 'place', x: size, text: `recommended: ${count(size)}`, chosen: true });
  return found;
}

function table({ table: rows, recommended }: Recommendation) {
  return html`<table>
    <thead>
      <tr><th>Size</th><th>Objective</th><th>Wait p50</th><th>Wait p95</th><th>Wait p99</th><th>Busy</th><th>Timed out</th><th>Runs</th></tr>
    </thead>
    <tbody>
      ${rows.map((row) => html`<tr class=${row.max_size === recommended?.max_size ? 'chosen' : ''}>
        <th scope="row">${count(row.max_size)}</th>
        <td><span class="verdict ${row.verdict}">${row.verdict}</span></td>
        ${PERCENTILES.map((p) => html`<td>${estimate(row.wait[p], seconds)}</td>`)}
        <td>${estimate(row.utilisation, share)}</td>
        <td>${estimate(row.timed_out_share, share)}</td>
        <td>${count(row.replications)}</td>
      </tr>`)}
    </tbody>
  </table>`;
}
