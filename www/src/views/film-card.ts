// <pool-film>: which instance to look at, and when; then its picture.
import type { Film } from '../../pkg/poolwise.js';
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { covers } from './film.js';
import { clock, count } from '../format.js';
import type { Entry } from './marks.js';
import type { Playhead } from './playhead.js';
import './player.js';
import { asking } from './progress.js';
import { written } from '../inputs/knobs.js';
import type { Session, Work } from '../state/session.js';

// How long the film may be, in seconds; a quarter of it lies before the moment that it is about.
const LENGTHS = [10, 60, 300, 1800];
const BEFORE = 0.25;

export class PoolFilm extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) playhead!: Playhead;
  @property({ attribute: false }) entries: Entry[] = [];
  @property({ attribute: false }) film: Film | null = null;
  @property({ attribute: false }) work: Work | undefined;
  @state() private instance = 0;
  @state() private around = '';
  @state() private length = 60;

  protected override createRenderRoot() {
    return this;
  }

  /** A new film begins at its beginning, as fast as it was. */
  protected override willUpdate(changed: Map<PropertyKey, unknown>) {
    if (!changed.has('film') || !this.film) return;
    const { from, until } = this.film;
    if (this.session.leads === 'search') this.playhead.reach(from, until);
    if (!covers(this.film, this.playhead.time)) this.playhead.seek(from);
    this.playhead.pace(1);
  }

  private ask() {
    const { report } = this.session;
    const { time, from: start } = this.playhead;
    // Before the player has been moved nothing is at its moment: the first mark is what one comes for.
    const first = this.around === '' && time === start ? this.entries.find(({ at, sign }) => at !== null && sign) : undefined;
    const mark = (first ?? this.entries.find(({ sign, text }) => sign + text === this.around))?.at;
    const steady = this.session.leads === 'search';
    const about = mark ?? (steady ? (report?.warm_up ?? 0) : time);
    const from = Math.max(0, about - (steady ? 0 : BEFORE * this.length));
    // Only who wants the picture loads what draws it.
    void import('./pool-picture.js');
    this.session.ask('film', { instance: this.instance, from, until: from + this.length });
  }

  protected override render() {
    const steady = this.session.leads === 'search';
    return html`<section class="film" role="group" aria-label="One pool, moment by moment">
      <h4>One pool, moment by moment</h4>
      <div class="choices">${this.choices(steady)}
        ${asking(this.session, 'film', 'The film', this.film ? 'Show this instead' : 'Show', () => this.ask())}</div>
      ${this.film ? this.picture(this.film, steady) : nothing}
    </section>`;
  }

  private choices(steady: boolean) {
    const instances = Math.max(1, Number(written(this.session.scenario, 'fleet.instances')) || 1);
    const marks = this.entries.filter(({ at, sign }) => at !== null && sign);
    return html`${instances > 1 ? html`<label>Instance <input type="number" min="0" max=${instances - 1} .value=${String(this.instance)}
        @change=${(event: Event) => (this.instance = Math.min(instances - 1, Math.max(0, Math.trunc(Number(valueOf(event))))))}></label>` : nothing}
      ${steady || marks.length === 0 ? nothing : html`<label>Around <select @change=${(event: Event) => (this.around = valueOf(event))}>
        <option value="">the player's moment</option>
        ${marks.map(({ sign, text, at }) => html`<option value=${sign + text} .selected=${this.around === sign + text}>${sign} at ${clock(at ?? 0)}</option>`)}
      </select></label>`}
      <label>For <select @change=${(event: Event) => (this.length = Number(valueOf(event)))}>
        ${LENGTHS.map((length) => html`<option value=${length} .selected=${length === this.length}>${clock(length)}</option>`)}
      </select></label>`;
  }

  private picture(film: Film, steady: boolean) {
    const { from, until, t, truncated } = film;
    const end = truncated ? (t.at(-1) ?? from) : until;
    return html`<p class="soft">Instance ${count(film.instance)} in one of the runs, from ${clock(from)} to ${clock(end)}${truncated ? ', where there were too many changes for more' : ''}.
        ${steady ? nothing : html`<button type="button" class="moment" @click=${() => this.playhead.seek(from)}>Go to its beginning</button>`}</p>
      <pool-picture .film=${film} .playhead=${this.playhead}></pool-picture>
      <pool-player label="Player of the film" .playhead=${this.playhead} .within=${[from, end] as [number, number]}></pool-player>`;
  }
}

const valueOf = (event: Event): string => (event.target as HTMLSelectElement | HTMLInputElement).value;

if (!customElements.get('pool-film')) customElements.define('pool-film', PoolFilm);
