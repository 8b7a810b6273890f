// <pool-player>: play, pause, speed and scrubbing of a playhead.
import { html, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { Follower } from './follower.js';
import { clock, count } from '../format.js';
import { SPEEDS } from './playhead.js';

// One press of an arrow key moves by this part of the run, Page Up and Page Down by ten of them.
const PART = 1 / 240;
const BACK_AND_FORTH: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class PoolPlayer extends Follower {
  @property() label = 'Player';
  /** How fast this one plays, whoever else plays the same moment. */
  @property({ attribute: false }) speed = 60;
  /** The part of the run that it moves in; all of it if nothing else is said. */
  @property({ attribute: false }) within: [number, number] | null = null;

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed);
    const { time } = this.playhead;
    const [from, until] = this.ends;
    this.querySelector('input')?.style.setProperty('--played', `${until > from ? (100 * (time - from)) / (until - from) : 0}%`);
  }

  protected override moved() {
    this.requestUpdate();
  }

  private get ends(): [number, number] {
    return this.within ?? [this.playhead.from, this.playhead.until];
  }

  private readonly key = (event: KeyboardEvent) => {
    const on = event.target as HTMLElement;
    if (on instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const { time } = this.playhead;
    const [from, until] = this.ends;
    const by = BACK_AND_FORTH[event.key];
    if (event.key === ' ' && !(on instanceof HTMLButtonElement)) this.toggle();
    else if (event.key === 'Home') this.playhead.seek(from);
    else if (event.key === 'End') this.playhead.seek(until);
    else if (by) this.playhead.seek(time + by * PART * (until - from));
    else return;
    event.preventDefault();
  };

  protected override render() {
    const { time, playing } = this.playhead;
    const speed = playing ? this.playhead.speed : this.speed;
    const [from, until] = this.ends;
    return html`<div class="player" role="group" aria-label=${this.label} @keydown=${this.key}>
      <button type="button" class="play" aria-label=${playing ? 'Pause' : 'Play'} @click=${this.toggle}><span aria-hidden="true">${playing ? '❚❚' : '▶'}</span></button>
      <input type="range" aria-label="Moment of the run" min=${from} max=${until} step="any" .value=${live(String(time))}
        aria-valuetext=${clock(time)} @input=${this.scrub}>
      <output aria-live="off">${clock(time)} <span class="of">of ${clock(until)}</span></output>
      <label><span class="unseen">Speed</span> <select @change=${this.pace}>
        ${SPEEDS.map((one) => html`<option value=${one} .selected=${live(one === speed)}>${count(one)}×</option>`)}
      </select></label>
    </div>`;
  }

  private readonly scrub = (event: Event) => this.playhead.seek(Number((event.target as HTMLInputElement).value));
  private readonly pace = (event: Event) => this.playhead.pace((this.speed = Number((event.target as HTMLSelectElement).value)));
  private readonly toggle = () => {
    const [from, until] = this.ends;
    const { playing, time } = this.playhead;
    if (!playing) this.playhead.pace(this.speed);
    // Its part of the run begins anew where the moment is at its end, or elsewhere.
    if (!playing && (time < from || time >= until)) this.playhead.seek(from);
    this.playhead.toggle();
  };
}

if (!customElements.get('pool-player')) customElements.define('pool-player', PoolPlayer);
