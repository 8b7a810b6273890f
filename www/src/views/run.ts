// The second question: what happens with the pool as it is configured.
import type { Columns, Mark, Report } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Note } from './annotate.js';
import type { Spec } from './chart.js';
import { runColumns, thinned } from './columns.js';
import type { Name } from './columns.js';
import { count, estimate, maybe, NOTHING, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';
import { details } from './table.js';

interface Panel {
  columns: Name[];
  spec: Spec;
}
const x = { label: 'time', write: clock, steps: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600] };
const sync = 'run';

const panels: Panel[] = [
  {
    columns: ['active', 'leaked', 'total', 'size'],
    spec: {
      label: 'Connections over time', height: 150, x, y: { write: count }, sync,
      lines: [
        { label: 'in use', colour: 'low', width: 1.5, fill: 'low-band' },
        { label: 'leaked', colour: 'high', width: 1.5 },
        { label: 'open', colour: 'mid', width: 1.5, dash: [2, 3] },
        { label: 'pool size', colour: 'soft', width: 1.5, dash: [5, 4], stepped: true },
      ],
    },
  },
  {
    columns: ['pending'],
    spec: {
      label: 'Waiting requests over time', height: 130, x, y: { write: count }, sync,
      lines: [{ label: 'waiting requests', colour: 'mid', width: 1.5, fill: 'mid-band' }],
    },
  },
  {
    columns: ['served', 'timed_out', 'rejected'],
    spec: {
      label: 'Requests per second over time', height: 150, x, y: { write: count }, sync,
      lines: [
        { label: 'served per second', colour: 'low', width: 1.5 },
        { label: 'timed out', colour: 'high', width: 1.5, fill: 'high-band' },
        { label: 'rejected', colour: 'mid', width: 1.5, dash: [5, 3] },
      ],
    },
  },
  {
    columns: ['wait_p50', 'wait_p95', 'wait_p99'],
    spec: {
      label: 'Wait for a connection over time', height: 150, x, y: { write: seconds }, sync,
      lines: [
        { label: 'wait p50', colour: 'low', width: 1.5 },
        { label: 'p95', colour: 'mid', width: 1.5 },
        { label: 'p99', colour: 'high', width: 1.5 },
      ],
    },
  },
];

/** Hours, minutes and seconds since the start. */
function clock(value: number): string {
  const whole = Math.round(value);
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** While there is no report, the card keeps the shape of the last one. */
export function run({ leads, report }: Session) {
  return html`<section class="card run">
    <h3>With the pool as configured</h3>
    ${leads === 'run' ? timeline(report) : html`<p class="said">${report?.sentence ?? NOTHING}</p>`}
    ${summary(report)}
  </section>`;
}

function timeline(report: Report | null) {
  const { marks = [], series } = report ?? {};
  const notes = numbered(marks);
  return html`<ol class="marks">${marks.map(caption)}</ol>
    ${repeat(panels, (panel) => panel.spec.label, ({ spec, columns }) => html`<h4>${spec.label}</h4>
      <pool-chart .spec=${spec} .columns=${series ? runColumns(series, columns) : [[], ...columns.map(() => [])]} .notes=${notes}></pool-chart>`)}
    ${series ? details('The run as a table', () => table(series)) : nothing}`;
}

/** One note per mark, with its number in the list; marks of one moment share theirs. What waits for an alert has no moment. */
function numbered(marks: Mark[]): Note[] {
  return marks.flatMap(({ at, until }, n) => {
    if (at == null) return [];
    const together = marks.flatMap((mark, m) => (mark.at === at ? [m + 1] : []));
    return [{ kind: 'mark', from: at, until: until ?? at, text: together[0] === n + 1 ? together.join(', ') : '' }];
  });
}

const caption = ({ at, on, change, text }: Mark) =>
  html`<li><b>${at == null ? `on ${on}` : clock(at)}</b> ${text || change}</li>`;

function table(series: Columns) {
  const rows = thinned(series.t.length, 120);
  const shown: Name[] = ['size', 'total', 'active', 'pending', 'leaked', 'served', 'timed_out', 'rejected', 'failed'];
  return html`<table>
    <thead>
      <tr><th>Time</th><th>Size</th><th>Open</th><th>In use</th><th>Waiting</th><th>Leaked</th><th>Served /s</th><th>Timed out /s</th><th>Rejected /s</th><th>Lost /s</th><th>Wait p99</th></tr>
    </thead>
    <tbody>
      ${rows.map((n) => html`<tr>
        <th scope="row">${maybe(series.t[n], clock)}</th>
        ${shown.map((name) => html`<td>${maybe(series[name][n], count)}</td>`)}
        <td>${maybe(series.wait_p99[n], seconds)}</td>
      </tr>`)}
    </tbody>
  </table>`;
}

function summary(report: Report | null) {
  const wait = report?.wait;
  const exhausted = report?.time_to_exhaustion;
  const rows: [string, string][] = [
    ['Wait p50', estimate(wait?.p50, seconds)],
    ['Wait p95', estimate(wait?.p95, seconds)],
    ['Wait p99', estimate(wait?.p99, seconds)],
    ['Requests that wait', estimate(report?.wait_probability, share)],
    ['Connections busy', estimate(report?.utilisation, share)],
    ['Waiting at once', estimate(report?.pending, count)],
    ['Timed out', estimate(report?.timed_out_share, share)],
    ['Failed', estimate(report?.impact.failed_requests, share)],
  ];
  if (report?.wasted?.mean) {
    rows.push(['Served in vain', estimate(report.wasted_share, share)], ['Answers per second', estimate(report.goodput, count)]);
  }
  if (exhausted) rows.push(['First failure after', clock(exhausted.mean)]);
  return html`<dl class="numbers">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
