// The answer in words, the theory behind it, and how far the simulation is.
import type { Prediction } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, maybe, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';

export function answer(session: Session) {
  const found = session.leads === 'search' ? session.recommendation?.recommended : null;
  return html`<section class="card answer">
    <div class="headline">
      ${found ? html`<p class="big" aria-hidden="true"><b>${count(found.max_size)}</b><span>per instance<br>${count(found.total)} in all</span></p>` : nothing}
      <p class="sentence" aria-live="polite" aria-busy=${session.together.state === 'working'}>${sentence(session)}</p>
    </div>
    ${session.prediction ? theory(session.prediction) : nothing}
    ${progress(session)}
    ${assumptions(session)}
  </section>`;
}

/** The answer, or what there is of it so far. */
export function sentence({ leads, prediction, recommendation, report, problems, work, together }: Session): string {
  const known = leads === 'run' || recommendation?.recommended || work.search.state === 'finished';
  const said = leads === 'run' ? report?.sentence : recommendation?.sentence;
  if (said && known) return said;
  if (!prediction || problems.some(({ severity }) => severity === 'error')) return 'No answer yet: something in the scenario needs another look.';
  const guess = prediction.smallest ? ` Theory expects about ${count(prediction.smallest)} connections per instance.` : '';
  return `${together.state === 'cancelled' ? 'Stopped before there was an answer.' : 'Simulating.'}${guess}`;
}

function theory({ exact, offered_load, utilisation, wait_probability, wait, smallest, stable, growth }: Prediction) {
  const now = stable
    ? `${maybe(utilisation, share)} of connections busy, ${share(wait_probability)} of requests wait, wait p99 ${maybe(wait?.p99, seconds)}`
    : `it can not carry this load, and waiting requests grow by ${count(growth)} per second`;
  return html`<p class="theory">Theory (${exact ? 'exact' : 'approximate'} here): load of one pool ${maybe(offered_load, count)} erlang;
    smallest size ${maybe(smallest, count)}; as configured now: ${now}.</p>`;
}

function progress(session: Session) {
  const { state, done, total } = session.together;
  return html`<div class="progress">
    <progress aria-label="Simulation" max=${total || 1} value=${done}></progress>
    <span class="state">${status(session)}</span>
    ${state === 'working' ? html`<button type="button" class="cancel" @click=${() => session.cancel()}>Cancel</button>` : nothing}
    ${state === 'cancelled' ? html`<button type="button" class="again" @click=${() => session.simulate()}>Simulate again</button>` : nothing}
  </div>`;
}

function status({ together, recommendation }: Session): string {
  const { state, done, total } = together;
  if (state === 'finished') return recommendation ? `${count(done)} runs, seed ${recommendation.seed}` : '';
  const runs = total > 0 ? `${count(done)} of ${count(total)} runs` : '';
  return state === 'cancelled' ? `cancelled ${runs && `after ${runs}`}` : runs;
}

function assumptions({ leads, prediction, recommendation, report }: Session) {
  const all = (leads === 'run' ? report : recommendation)?.assumptions ?? prediction?.assumptions;
  if (!all) return nothing;
  return html`<details><summary>What this answer assumes</summary><ul>${all.map((text) => html`<li>${text}</li>`)}</ul></details>`;
}
