// The answer first: the size, the safe sizes and why; then how far the simulation is, and what all of it rests on.
import type { Prediction, Recommendation, SizeRow } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, estimate, maybe, NOTHING, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';
import { written } from '../inputs/knobs.js';
import { deciding } from './deciding.js';
import { bar } from './progress.js';
import { reach, stuck } from './reach.js';

/** Advice says all that the search says, and may say more of the size: cases that are to be survived, inputs that are uncertain. */
export const found = ({ advice, recommendation }: Session): Recommendation | null => advice ?? recommendation;

// A range among the inputs, such as 800/s..1200/s.
const RANGE = /\d[^".]*\.\.[^".]*\d/;

/** Whether what is said may still change: a run goes on, or the size that the search found is not yet held against ranges and cases. */
export function early({ leads, scenario, advice, work }: Pick<Session, 'leads' | 'scenario' | 'advice' | 'work'>): boolean {
  if (leads === 'run') return work.run.state === 'working';
  return !advice && ((scenario.survive?.length ?? 0) > 0 || RANGE.test(JSON.stringify({ ...scenario, description: '' })));
}

/** What a size says nothing of where a run leads. */
export const leavesOut = ({ leads, recommendation }: Pick<Session, 'leads' | 'recommendation'>): string =>
  leads === 'run' && recommendation?.recommended
    ? 'This counts the long run at the peak rate alone: set it as the pool size to see how it fares with all that happens here.'
    : '';

export function answer(session: Session) {
  const { leads, advice } = session;
  const sized = leads === 'search' ? found(session) : null;
  return html`<section class="card answer" role="group" aria-label="The answer">
    <div class="headline">
      ${sized?.recommended ? size(session, sized) : nothing}
      <p class="sentence" aria-busy=${session.together.state === 'working'}>${sentence(session)}</p>
    </div>
    <p class="unseen" role="status">${announced(session)}</p>
    ${leads === 'run' ? enough(session) : nothing}
    ${leads === 'search' && advice ? [reach(advice), advice.stuck ? stuck(advice.stuck) : nothing] : nothing}
    ${progress(session)}
    ${session.prediction ? theory(session.prediction) : nothing}
    ${assumptions(session)}
  </section>`;
}

/** A run answers what happens; the size that its peak needs is asked for too. */
function enough({ recommendation, scenario }: Session) {
  if (!recommendation?.recommended) return nothing;
  const { max_size, total } = recommendation.recommended;
  const now = Number(written(scenario, 'pool.max_size'));
  return html`<p class="soft enough">Were its peak to last, without anything else that happens, <b>${count(max_size)}</b> per instance would do
    (${count(total)} in all)${now ? `; ${count(now)} are configured` : ''}. The last card says why.</p>`;
}

function size(session: Session, all: Recommendation) {
  const { advice } = session;
  if (!all.recommended) return nothing;
  const { max_size, total } = all.recommended;
  const row = all.table.find((one) => one.max_size === max_size);
  return html`<div class="big">
    <p><b>${count(max_size)}</b> <span>per instance${early(session) ? ', so far' : ''}<br>${count(total)} in all</span></p>
    ${advice?.band ? html`<p class="safe">${advice.aftermath?.stuck ? 'usual load' : 'safe'}: ${range(advice.band)}</p>` : nothing}
    ${row ? html`<p>${measured(all, row)}${advice?.uncertain ? ' with each range at its middle' : ''}</p>` : nothing}
  </div>`;
}

const range = ({ lowest, highest }: { lowest: number; highest?: number | null | undefined }): string =>
  highest == null ? `from ${count(lowest)}` : highest === lowest ? `${count(lowest)} alone` : `${count(lowest)}–${count(highest)}`;

/** The wait, and what else has a limit. */
function measured(all: Recommendation, row: SizeRow) {
  const others = deciding(all).map(({ words, write, of }) => html`<br>${words} ${estimate(of(row), write)}`);
  return html`wait p99 ${estimate(row.wait.p99, seconds)}${others}`;
}

/** The answer, or what there is of it so far. */
export function sentence(session: Session): string {
  const { leads, prediction, report, problems, work, together } = session;
  const sized = found(session);
  const known = leads === 'run' || sized?.recommended || work.search.state === 'finished';
  const said = leads === 'run' ? report?.sentence : sized?.sentence;
  if (said && known) return early(session) ? `So far: ${said}` : said;
  if (!prediction || problems.some(({ severity }) => severity === 'error')) return 'No answer yet: something in the scenario needs another look.';
  const guess = prediction.smallest ? ` Theory expects about ${count(prediction.smallest)} ${prediction.smallest === 1 ? 'connection' : 'connections'} per instance.` : '';
  return `${together.state === 'cancelled' ? 'Stopped before there was an answer.' : 'Simulating.'}${guess}`;
}

const last = new WeakMap<Session, string>();

/** What a screen reader is told: only answers that are final, and each once. */
export function announced(session: Session): string {
  if (session.together.state === 'finished' && !early(session)) last.set(session, sentence(session));
  return last.get(session) ?? '';
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
  const advising = session.work.advise.state === 'working';
  return html`<div class="progress">
    <progress aria-label="Simulation" max=${total || 1} value=${done}></progress>
    <span class="state">${status(session)}</span>
    ${hold(session)}
  </div>
  ${advising && state === 'finished' ? bar(session, 'advise', 'How far the answer reaches') : nothing}`;
}

/** One button, which keeps the keyboard's focus whatever it is for; when there is nothing to do it goes with the focus. */
function hold(session: Session) {
  const { state } = session.together;
  const act = { working: () => session.cancel(), cancelled: () => session.simulate(), waiting: null, finished: null }[state];
  return html`<button type="button" class=${state === 'cancelled' ? 'again' : state === 'working' ? 'cancel' : 'done'}
    aria-disabled=${act === null} @click=${() => act?.()}>${state === 'cancelled' ? 'Simulate again' : 'Cancel'}</button>`;
}

function status(session: Session): string {
  const { state, done, total } = session.together;
  // What was refused leaves the other of the two alone.
  const over = state === 'finished' || (state === 'waiting' && total > 0 && done === total);
  if (over) return `${count(done)} runs, seed ${found(session)?.seed ?? session.report?.seed ?? NOTHING}`;
  const runs = total > 0 ? `${count(done)} of ${count(total)} runs` : '';
  return state === 'cancelled' ? `cancelled ${runs && `after ${runs}`}` : runs;
}

function assumptions(session: Session) {
  const all = (session.leads === 'run' ? session.report : found(session))?.assumptions ?? session.prediction?.assumptions;
  if (!all) return nothing;
  return html`<details><summary>What this answer assumes</summary><ul>${all.map((text) => html`<li>${text}</li>`)}</ul></details>`;
}
