// A scenario that is kept beside the one at hand, and what differs from it on the same requests.
import type { Compared } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, estimate } from '../format.js';
import { goTo } from '../inputs/focus.js';
import { found } from './answer.js';
import { effect, wordsOf, writeOf } from './measures.js';
import { bar } from './progress.js';
import type { Session } from '../state/session.js';

/** The pinned scenario is the first row, the one at hand the second. */
const rowsOf = ({ rows: [then, now] }: Compared) => (then && now ? { then, now } : null);

/** `swap` opens what is pinned and pins what is at hand. */
export function pinned(session: Session, swap: () => void) {
  const { pinned: kept, against } = session;
  if (!kept) {
    return html`<p class="pin"><button type="button" ?disabled=${!session.report} @click=${(event: Event) => {
        session.pin();
        follow(event, '.pinned');
      }}>Pin this</button>
      <span class="soft">keeps these results beside what you change next</span></p>`;
  }
  const same = kept.scenario === session.scenario;
  const name = String(kept.scenario.name ?? '');
  return html`<section class="card pinned" aria-label="Against the pinned scenario" tabindex="-1">
    <h3>Against the pinned scenario${name ? html` <small>${name}</small>` : nothing}</h3>
    <p class="actions">
      ${same ? nothing : html`<button type="button" @click=${() => swap()}>Swap the two</button>`}
      ${same ? nothing : html`<button type="button" @click=${(event: Event) => {
        session.pin();
        follow(event, '.pinned');
      }}>Pin this instead</button>`}
      <button type="button" @click=${(event: Event) => {
        session.unpin();
        follow(event, '.pin button');
      }}>Unpin</button>
    </p>
    ${same ? html`<p class="soft">This is the pinned scenario: change something to see what differs.</p>` : against ? compared(session, against) : waiting(session)}
  </section>`;
}

/** The button that was pressed goes: the keyboard is led to what it did. */
function follow(event: Event, selector: string) {
  const results = (event.currentTarget as Element).closest('.results');
  if (results) goTo(results, selector);
}

function waiting(session: Session) {
  const { state } = session.work.against;
  if (state === 'working') return bar(session, 'against', 'Comparing on the same requests');
  return html`<p class="soft">${session.together.state === 'cancelled' || state === 'cancelled' ? 'Stopped before there was a comparison.' : 'Compared when the simulation is done.'}</p>`;
}

function compared(session: Session, against: Compared) {
  const rows = rowsOf(against);
  if (!rows) return html`<p class="soft">Comparing on the same requests…</p>`;
  const { then, now } = rows;
  const known = now.measures.map((measure, n) => ({ measure, before: then.measures[n]?.value })).filter(({ measure, before }) => measure.value || before);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Pinned and now as a table"><table>
      <thead><tr><th scope="col">Measure</th><th scope="col">Pinned</th><th scope="col">Now</th><th scope="col">Difference</th></tr></thead>
      <tbody>${sizes(session)}${known.map(({ measure, before }) => html`<tr><th scope="row">${wordsOf(measure.measure)}</th>
        <td>${estimate(before, writeOf(measure.measure))}</td><td>${estimate(measure.value, writeOf(measure.measure))}</td><td>${effect(measure)}</td></tr>`)}</tbody>
    </table></div>
    <p class="soft">${count(against.replications)} runs each on the same requests, seed ${against.seed}.${session.leads === 'run' ? ' In the charts the pinned run is dashed and thin.' : ''}</p>`;
}

function sizes(session: Session) {
  const [then, now] = [session.pinned?.recommendation?.recommended?.max_size, found(session)?.recommended?.max_size];
  if (then === undefined || now === undefined) return nothing;
  const more = now === then ? 'the same' : `${count(Math.abs(now - then))} ${now > then ? 'more' : 'fewer'}`;
  return html`<tr><th scope="row">Recommended size</th><td>${count(then)}</td><td>${count(now)}</td><td>${more}</td></tr>`;
}

/** Beside a number: how it differs from the pinned one. */
export function change({ against, pinned: kept }: Session, name: string) {
  const found = kept && against ? rowsOf(against)?.now.measures.find(({ measure }) => measure === name) : undefined;
  return found?.difference ? html`<dd class="change"><span class="unseen">against the pinned scenario: </span>${effect(found)}</dd>` : nothing;
}
