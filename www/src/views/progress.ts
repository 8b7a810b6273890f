// How far a job is, with a way to stop it.
import { html, nothing } from 'lit';
import { count } from '../format.js';
import type { Session } from '../state/session.js';

type Asked = keyof Session['work'];

export function bar(session: Session, kind: Asked, what: string) {
  const { state, progress, what: part } = session.work[kind];
  if (state !== 'working') return nothing;
  return html`<div class="progress">
    <span>${what}${part && part !== kind ? `: ${part}` : ''}</span>
    <progress aria-label=${what} max=${progress?.total || 1} value=${progress?.done ?? 0}></progress>
    <span>${progress?.total ? `${count(progress.done)} of ${count(progress.total)}` : ''}</span>
    <button type="button" @click=${() => session.stop(kind)}>Stop</button>
  </div>`;
}

/** A button that asks, or how far what was asked is. */
export function asking(session: Session, kind: Asked, what: string, ask: string, asked: () => void) {
  const working = session.work[kind].state === 'working';
  return working ? bar(session, kind, what) : html`<p class="ask"><button type="button" @click=${asked}>${ask}</button></p>`;
}
