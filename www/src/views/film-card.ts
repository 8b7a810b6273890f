// <pool-film>: which instance to look at, and when; then its picture.
import type { Film } from '../../pkg/poolwise.js';
import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { busiest } from './columns.js';
import { covers } from './film.js';
import { Follower } from './follower.js';
import { clock, count } from '../format.js';
import type { Entry } from './marks.js';
import './player.js';
import { asking } from './progress.js';
import { written } from '../inputs/knobs.js';
import type { Session, Work } from '../state/session.js';

// How long the film may be, in seconds; a quarter of it lies before the moment that it is about.
const LENGTHS = [10, 60, 300, 1800];
const BEFORE = 0.25;

export class PoolFilm extends Follower {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) entries: Entry[] = [];
  @property({ attribute: false }) film: Film | null = null;
  @property({ attribute: false }) work: Work | undefined;
  /** Until somebody picks one it is the one that has most to do at the moment. */
  @state() private picked: number | null = null;
  @state() private busiest = 0;
  @state() private around = '';
  @state() private length = 60;
  private scenario: unknown;

  /** It stays the same while it plays, for a number that jumps can not be read, and until there is another report. */
  protected override moved() {
    if (this.session.report && !this.playhead.playing) this.busiest = busiest(this.instances, this.about);
  }

  /** A new film begins at its beginning, as fast as it was. */
  protected override willUpdate(changed: PropertyValues<this>) {
    const { name } = this.session.scenario;
    // Another scenario has other instances and other marks.
    if (name !== this.scenario) [this.scenario, this.picked, this.around] = [name, null, ''];
    this.moved();
    if (!changed.has('film') || !this.film) return;
    const { from, until } = this.film;
    if (this.session.leads === 'search') this.playhead.reach(from, until);
    if (!covers(this.film, this.playhead.time)) this.playhead.seek(from);
    this.playhead.pace(1);
  }

  private get instances() {
    return this.session.report?.series?.per_instance ?? [];
  }

  private get instance() {
    return this.picked ?? this.busiest;
  }

  /** The moment that it is asked for. */
  private get about(): number {
    const { leads, report } = this.session;
    const { time, from: start } = this.playhead;
    // Before the player has been moved nothing is at its moment: the first mark is what one comes for.
    const first = this.around === '' && time === start ? this.entries.find(({ at, sign }) => at !== null && sign) : undefined;
    const mark = (first ?? this.entries.find(({ sign, text }) => sign + text === this.around))?.at;
    return mark ?? (leads === 'search' ? (report?.warm_up ?? 0) : time);
  }

  private ask() {
    const from = Math.max(0, this.about - (this.session.leads === 'search' ? 0 : BEFORE * this.length));
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
    const first = Number(written(this.session.scenario, 'fleet.instances')) || 1;
    // Those that start later have the next numbers.
    const last = Math.max(first - 1, ...this.instances.map(({ instance }) => instance));
    const marks = this.entries.filter(({ at, sign }) => at !== null && sign);
    return html`${last > 0 ? html`<label>Instance <input type="number" min="0" max=${last} .value=${String(this.instance)}
        @change=${(event: Event) => this.pick(event.target as HTMLInputElement, last)}></label>` : nothing}
      ${steady || marks.length === 0 ? nothing : html`<label>Around <select @change=${(event: Event) => (this.around = valueOf(event))}>
        <option value="">the player's moment</option>
        ${marks.map(({ sign, text, at }) => html`<option value=${sign + text} .selected=${this.around === sign + text}>${sign} at ${clock(at ?? 0)}</option>`)}
      </select></label>`}
      <label>For <select @change=${(event: Event) => (this.length = Number(valueOf(event)))}>
        ${LENGTHS.map((length) => html`<option value=${length} .selected=${length === this.length}>${clock(length)}</option>`)}
      </select></label>`;
  }

  /** Whoever empties the box has it chosen again. */
  private pick(box: HTMLInputElement, last: number) {
    this.picked = box.value === '' ? null : Math.min(last, Math.max(0, Math.trunc(Number(box.value))));
    box.value = String(this.instance);
  }

  private picture(film: Film, steady: boolean) {
    const { from, until, t, truncated } = film;
    const end = truncated ? (t.at(-1) ?? from) : until;
    return html`<p class="soft">Instance ${count(film.instance)} in one of the runs, from ${clock(from)} to ${clock(end)}${truncated ? ', where there were too many changes for more' : ''}.
        ${steady ? nothing : html`<button type="button" class="moment" @click=${() => this.playhead.seek(from)}>Go to its beginning</button>`}</p>
      <pool-picture .film=${film} .playhead=${this.playhead} .known=${this.instances.find(({ instance }) => instance === film.instance)}></pool-picture>
      ${keyed(film, html`<pool-player label="Player of the film" .speed=${1} .playhead=${this.playhead} .within=${[from, end] as [number, number]}></pool-player>`)}`;
  }
}

const valueOf = (event: Event): string => (event.target as HTMLSelectElement).value;

if (!customElements.get('pool-film')) customElements.define('pool-film', PoolFilm);
