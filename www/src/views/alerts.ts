// Which alerts tell of the incident in time: how long before or after people feel it each fires.
import type { RankedAlert, Ranking } from '../../pkg/poolwise.js';
import { html, nothing, svg } from 'lit';
import { clock, count, maybe, NOTHING } from '../format.js';
import { asking } from './progress.js';
import type { Session } from '../state/session.js';
import { details } from './table.js';

export function alerts(session: Session) {
  const { ranking, leads, rules } = session;
  if (leads !== 'run') return nothing;
  return html`<section class="card alerts" aria-label="Alerts">
    <h3>Which alert tells in time</h3>
    <p class="soft">The alerts of this scenario and those that people usually set, in this run and in one in which all is well.</p>
    ${asking(session, 'alerts', 'Alerts', ranking ? 'Try the alerts again' : 'Try the alerts', () => session.ask('alerts'))}
    ${ranking ? ranked(ranking) : nothing}
    ${rules.map(({ title, text }) => html`<details><summary>Prometheus rules: ${title}</summary>
      <textarea readonly rows="10" spellcheck="false" aria-label=${`Prometheus rules: ${title}`} .value=${text}></textarea></details>`)}
  </section>`;
}

/** Seconds before people feel it; below 0 after. */
const leadOf = (alert: RankedAlert): number | null => alert.scenarios[0]?.lead?.mean ?? alert.lead ?? null;

function ranked(ranking: Ranking) {
  const scale = Math.max(1, ...ranking.alerts.map((alert) => Math.abs(leadOf(alert) ?? 0)));
  const [best] = ranking.alerts;
  return html`${ranking.incidents === 0 ? html`<p>Nobody feels anything in this run: there is nothing to tell of.</p>` : best ? html`<p class="said">${best.sentence}</p>` : nothing}
    <p class="axis" aria-hidden="true"><span>← before people feel it</span><span>after →</span></p>
    <ul class="leads">${ranking.alerts.map((alert) => bar(alert, scale))}</ul>
    ${details('The alerts as a table', () => table(ranking))}
    <p class="soft">${count(ranking.replications)} runs, seed ${ranking.seed}. False alarms are those of a run in which all is well.</p>`;
}

function bar(alert: RankedAlert, scale: number) {
  const lead = leadOf(alert);
  const long = lead === null ? 0 : (100 * Math.abs(lead)) / scale;
  const kind = lead === null ? 'silent' : lead < 0 ? 'late' : 'early';
  return html`<li class=${kind}>
    <p class="name"><b>${alert.name}</b> <span class="soft">${alert.rule}</span></p>
    <svg viewBox="-100 0 200 10" preserveAspectRatio="none" aria-hidden="true">
      ${svg`<rect class="bar" x=${lead !== null && lead > 0 ? -long : 0} y="1" width=${long} height="8"></rect><line class="zero" x1="0" x2="0" y1="0" y2="10"></line>`}
    </svg>
    <p class="when">${whenOf(alert)}</p>
  </li>`;
}

/** When it fires, or why it does not; and how often in vain. */
function whenOf(alert: RankedAlert): string {
  const [here] = alert.scenarios;
  const lead = leadOf(alert);
  const fires = lead !== null ? `${clock(Math.abs(lead))} ${lead < 0 ? 'after' : 'before'}`
    : here?.never ? `can never fire: ${here.never}` : here?.no_value ? `no value: ${here.no_value}` : here?.already ? 'fires before anything has changed' : here?.fires ? 'fires' : 'never fires';
  return `${fires}; ${alarmsOf(alert)}`;
}

const alarmsOf = ({ false_alarms }: RankedAlert): string =>
  false_alarms == null ? 'false alarms not known' : false_alarms === 0 ? 'no false alarm' : `${count(false_alarms)} false alarms a day`;

function table({ alerts: all }: Ranking) {
  return html`<table>
    <thead><tr><th scope="col">Alert</th><th scope="col">Rule</th><th scope="col">Fires</th><th scope="col">In time</th><th scope="col">False alarms a day</th><th scope="col">What is known</th></tr></thead>
    <tbody>${all.map((alert) => html`<tr><th scope="row">${alert.name}</th><td class="known">${alert.rule}</td>
      <td>${maybe(leadOf(alert), (lead) => `${clock(Math.abs(lead))} ${lead < 0 ? 'after' : 'before'}`)}</td>
      <td>${alert.scenarios[0]?.in_time == null ? NOTHING : alert.scenarios[0].in_time ? 'yes' : 'no'}</td>
      <td>${maybe(alert.false_alarms, count)}</td><td class="known">${alert.sentence}</td></tr>`)}</tbody>
  </table>`;
}
