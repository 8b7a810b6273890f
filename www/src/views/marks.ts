// What was done, seen and told during a run: as notes for the charts, and as a list.
import type { AlertReport, Mark, Replay, Report } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import type { Note } from './annotate.js';
import { clock, share } from '../format.js';
import type { Playhead } from './playhead.js';

/** One thing on the axis. Changes have letters, alerts have numbers with a triangle. */
export interface Entry {
  at: number | null;
  until: number | null;
  sign: string;
  /** As the replay calls it. */
  kind: string;
  text: string;
  more: string;
}

/** As the replay tells them; before there is one, the timeline as it is written and the alerts as far as they are known. */
export function entriesOf(report: Report | null, replay: Replay | null): Entry[] {
  const entries = replay ? told(replay) : [...(report?.marks ?? []).map(written), ...(report?.alerts ?? []).flatMap(fired)];
  let alerts = 0;
  return entries.map((entry) => (entry.kind === 'alert' ? { ...entry, sign: `▲${(alerts += 1)}` } : entry));
}

const told = ({ timeline }: Replay): Entry[] => timeline.map(({ at, until, letter, kind, text, outcome }) => ({
  at: at ?? null, until: until ?? null, sign: letter ?? '', kind, text, more: outcome?.words ?? '',
}));

const written = ({ at, until, on, change, text }: Mark, n: number): Entry => ({
  at: at ?? null, until: until ?? null, sign: letterOf(n), kind: change === 'note' ? 'note' : 'change', text: text || change, more: on ? `on ${on}` : '',
});

const letterOf = (n: number): string => (n < 26 ? String.fromCharCode(65 + n) : String(n + 1));

function fired({ name, rule, fires }: AlertReport): Entry[] {
  if (!fires) return [];
  const some = fires.share_of_runs < 1 ? ` in ${share(fires.share_of_runs)} of the runs` : '';
  return [{ at: fires.mean, until: null, sign: '', kind: 'alert', text: `alert ${name}${some}: ${rule}`, more: '' }];
}

/** Those of one moment share their sign. What waits for an alert has no moment. */
export function notesOf(entries: Entry[]): Note[] {
  const placed = entries.filter((entry): entry is Entry & { at: number } => entry.at !== null && entry.sign !== '');
  return placed.flatMap(({ at, until, kind, sign }): Note[] => {
    if (kind === 'alert') return [{ kind: 'alert', at, text: sign.slice(1) }];
    const together = placed.filter((other) => other.at === at && other.kind !== 'alert').map((other) => other.sign);
    return [{ kind: 'mark', from: at, until: until ?? at, text: together[0] === sign ? together.join(' ') : '' }];
  });
}

export function list(entries: Entry[], alerts: AlertReport[], playhead: Playhead) {
  const silent = alerts.filter(({ fires }) => !fires);
  return html`<ol class="marks">${entries.map((entry) => item(entry, playhead))}</ol>
    ${silent.length > 0 ? html`<ul class="marks silent">${silent.map(({ name, rule, never, highest_shown }) => html`<li>
      <b>never</b> alert ${name}: ${rule}. ${never ? `It can not fire: ${never}.` : highest_shown ? `The highest value was ${highest_shown}.` : ''}</li>`)}</ul>` : nothing}`;
}

function item({ at, until, sign, kind, text, more }: Entry, playhead: Playhead) {
  const time = at === null ? '–' : clock(at);
  const span = until !== null && at !== null && until > at ? `–${clock(until)}` : '';
  const when = at === null ? html`<b>${time}</b>` : html`<button type="button" class="moment" aria-label=${`Go to ${time}${span}`} @click=${() => playhead.seek(at)}>${time}${span}</button>`;
  return html`<li class=${kind}><span class="sign" aria-hidden=${sign ? 'false' : 'true'}>${sign || '·'}</span> ${when}
    <span class="what">${text}${more ? html` <span class="came">${more}</span>` : nothing}</span></li>`;
}
