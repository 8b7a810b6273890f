// The second question: what happens with the pool as it is configured. Charts of one time axis, a player for all of them.
import type { Columns, Replay, Report } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import { thinned } from './columns.js';
import type { Name } from './columns.js';
import './film-card.js';
import { clock, count, estimate, maybe, NOTHING, seconds, share, type Write } from '../format.js';
import './instances.js';
import { entriesOf, list, notesOf } from './marks.js';
import { columnsOf, limitsOf, panelsOf } from './panels.js';
import './player.js';
import { type Playhead, playheadOf } from './playhead.js';
import { change } from './pinned.js';
import './readout.js';
import type { Session } from '../state/session.js';
import { details } from './table.js';

/** While there is no report, the card keeps the shape of the last one. */
export function run(session: Session) {
  const { leads, report, replay } = session;
  const playhead = playheadOf(session);
  if (report) playhead.reach(0, endOf(report));
  return html`<section class="card run">
    <h3>${leads === 'run' ? 'The run over time' : 'With the pool as configured'}</h3>
    ${replay && leads === 'run' ? story(replay) : html`<p class="said">${report?.sentence ?? NOTHING}</p>`}
    ${leads === 'run' ? timeline(session, playhead) : nothing}
    ${summary(session)}
    <pool-film .session=${session} .playhead=${playhead} .entries=${entriesOf(report, replay)} .work=${session.work.film} .film=${session.film}></pool-film>
  </section>`;
}

const endOf = ({ warm_up, measured, series }: Report): number => {
  const [last, before] = [series?.t.at(-1), series?.t.at(-2)];
  return last !== undefined && before !== undefined ? last + (last - before) / 2 : warm_up + measured;
};

const story = ({ summary: { sentences } }: Replay) =>
  html`<ul class="story">${sentences.map(({ about, text }) => html`<li class=${about}>${text}</li>`)}</ul>`;

function timeline(session: Session, playhead: Playhead) {
  const { report, replay, pinned } = session;
  const series = report?.series;
  const entries = entriesOf(report, replay);
  const notes = notesOf(entries);
  const panels = panelsOf(report, !!pinned?.report?.series);
  return html`${list(entries, report?.alerts ?? [], playhead)}
    <div class="stack">
      <pool-player label="Player of the run" .playhead=${playhead}></pool-player>
      ${repeat(panels, ({ panel }) => panel.spec.label, ({ panel, spec }) => html`<h4>${spec.label}</h4>
      <pool-chart .spec=${spec} .columns=${columnsOf(panel, spec, series, pinned?.report?.series)}
        .notes=${[...notes, ...limitsOf(panel, report, replay)]} .playhead=${playhead}></pool-chart>`)}</div>
    ${series ? html`<pool-readout .series=${series} .panels=${panels.map(({ panel }) => panel)} .playhead=${playhead}></pool-readout>
      ${series.per_instance?.length ? keyed(series, html`<pool-instances .instances=${series.per_instance} .playhead=${playhead}></pool-instances>`) : nothing}
      ${details('The run as a table', () => table(series))}` : nothing}`;
}

const COLUMNS: [name: Name, words: string, write: Write][] = [
  ['size', 'Size', count], ['total', 'Open', count], ['active', 'In use', count], ['leaked', 'Leaked', count], ['pending', 'Waiting', count],
  ['offered', 'Offered /s', count], ['served', 'Served /s', count], ['timed_out', 'Timed out /s', count], ['rejected', 'Rejected /s', count],
  ['failed', 'Lost /s', count], ['wait_p50', 'Wait p50', seconds], ['wait_p95', 'Wait p95', seconds], ['wait_p99', 'Wait p99', seconds],
  ['connected', 'Connected', count], ['running', 'Running', count], ['connect_refused', 'Refused /s', count], ['instances', 'Instances', count],
];

function table(series: Columns) {
  return html`<table>
    <thead><tr><th scope="col">Time</th>${COLUMNS.map(([, words]) => html`<th scope="col">${words}</th>`)}</tr></thead>
    <tbody>
      ${thinned(series.t.length, 120).map((n) => html`<tr>
        <th scope="row">${maybe(series.t[n], clock)}</th>
        ${COLUMNS.map(([name, , write]) => html`<td>${maybe(series[name][n], write)}</td>`)}
      </tr>`)}
    </tbody>
  </table>`;
}

function summary(session: Session) {
  const { report } = session;
  const wait = report?.wait;
  const exhausted = report?.time_to_exhaustion;
  const rows: [string, string, string?][] = [
    ['Wait p50', estimate(wait?.p50, seconds)],
    ['Wait p95', estimate(wait?.p95, seconds)],
    ['Wait p99', estimate(wait?.p99, seconds), 'wait.p99'],
    ['Requests that wait', estimate(report?.wait_probability, share)],
    ['Connections busy', estimate(report?.utilisation, share)],
    ['Waiting at once', estimate(report?.pending, count)],
    ['Timed out', estimate(report?.timed_out_share, share)],
    ['Failed', estimate(report?.impact.failed_requests, share), 'impact.failed_requests'],
    ['Answers per second', estimate(report?.goodput, count), 'goodput'],
  ];
  if (report?.wasted?.mean) rows.push(['Served in vain', estimate(report.wasted_share, share)]);
  if (exhausted) rows.push(['First failure after', clock(exhausted.mean), 'time_to_exhaustion']);
  return html`<dl class="numbers">${rows.map(([name, value, measure]) => html`<div><dt>${name}</dt><dd>${value}</dd>${measure ? change(session, measure) : nothing}</div>`)}</dl>`;
}
