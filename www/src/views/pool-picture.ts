// <pool-picture>: one pool, moment by moment, at the time of its playhead; the same in numbers beside and in words below.
import type { Film, InstanceColumns } from '../../pkg/poolwise.js';
import { html, LitElement, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { absence, blank, covers, frame, type Frame } from './film.js';
import { clock, count, NOTHING } from '../format.js';
import { layout, type Layout } from './layout.js';
import { INKS, type Inks, paintPool } from './painting.js';
import type { Playhead } from './playhead.js';
import { onThemeChange, paint } from '../theme.js';

const [LOW, HIGH] = [150, 236];
// A picture of more than so many is high.
const MANY = 90;
// How long a request is on its way in the picture, in seconds of the one who looks.
const FLIGHT = 0.45;
// While it plays, numbers and words change together, so often that one sees them change and can read them; in milliseconds.
const READ = 250;

export class PoolPicture extends LitElement {
  @property({ attribute: false }) film!: Film;
  @property({ attribute: false }) playhead!: Playhead;
  /** What the run tells of the instance, where it does. */
  @property({ attribute: false }) known: InstanceColumns | undefined;
  /** What is told in numbers and words: of the moment of the picture while it is still. */
  @state() private told = blank();
  @state() private toldAt = 0;
  private toldWhen = -Infinity;
  private at: Layout | undefined;
  private inks: Inks | undefined;
  private seen = false;
  private readonly now = blank();
  private readonly reduced = matchMedia('(prefers-reduced-motion: reduce)');
  private forgetTheme = () => {};
  private forgetPlayhead = () => {};
  private readonly sizes = new ResizeObserver(() => this.lay());
  private readonly sight = new IntersectionObserver((entries) => {
    this.seen = entries.at(-1)?.isIntersecting ?? false;
    this.draw();
  });

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.sizes.observe(this);
    this.sight.observe(this);
    this.forgetTheme = onThemeChange(this, () => this.recolour());
    if (this.hasUpdated) this.follow();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.sight.disconnect();
    this.forgetTheme();
    this.forgetPlayhead();
  }

  protected override updated(changed: PropertyValues<this>) {
    if (changed.has('playhead')) this.follow();
    if (changed.has('film')) {
      this.tell();
      this.lay();
    }
  }

  private follow() {
    this.forgetPlayhead();
    this.forgetPlayhead = this.playhead.listen(() => this.draw());
    this.draw();
  }

  /** Sizes are read and set here, never while it plays. */
  private lay() {
    const canvas = this.querySelector('canvas');
    const width = canvas?.parentElement?.clientWidth ?? 0;
    if (!canvas || width === 0) return;
    const [waiting, size] = [highest(this.film.pending), Math.max(highest(this.film.total), highest(this.film.size))];
    const height = waiting + size > MANY || width < 500 ? HIGH : LOW;
    this.at = layout(width, height, waiting, size);
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    canvas.style.setProperty('height', `${height}px`);
    this.recolour();
  }

  private recolour() {
    this.inks = Object.fromEntries(INKS.map((ink) => [ink, paint(this, ink)])) as Inks;
    this.draw();
  }

  private draw() {
    const { time, speed, playing } = this.playhead;
    if (playing ? performance.now() - this.toldWhen >= READ : time !== this.toldAt) this.tell();
    const ctx = this.querySelector('canvas')?.getContext('2d');
    if (!ctx || !this.at || !this.inks || !this.seen) return;
    ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const { pending, total, size, place } = frame(this.film, time, this.now);
    const gone = absence(this.film, this.now, time, this.known);
    if (gone) write(ctx, gone, this.at, this.inks);
    else paintPool(ctx, this.at, this.film, time, this.reduced.matches ? 0 : FLIGHT * speed, this.inks);
    const [more, open] = gone ? [0, 0] : [pending - this.at.room, Math.max(total, size) - this.at.places];
    this.put('more', more > 0 && place >= 0 ? `+ ${count(more)} more` : '');
    this.put('more-open', open > 0 ? `+ ${count(open)} more` : '');
  }

  private tell() {
    const { time } = this.playhead;
    [this.told, this.toldAt, this.toldWhen] = [frame(this.film, time), time, performance.now()];
  }

  /** These belong to the picture, and change too often to go through the template. */
  private put(name: string, words: string) {
    const cell = this.querySelector(`[data-of="${name}"]`);
    if (cell && cell.textContent !== words) cell.textContent = words;
  }

  protected override render() {
    const numbers = [['arrived', 'came'], ['pending', 'wait now'], ['served', 'served'], ['timed_out', 'timed out'], ['failed', 'failed']] as const;
    const filmed = covers(this.film, this.toldAt);
    return html`<div class="stage">
        <canvas role="img" aria-label="The pool at the moment of the player: a queue of waiting requests on the left, connections on the right. The words below say the same."></canvas>
        <p class="overflow" aria-hidden="true"><span data-of="more"></span><span data-of="more-open"></span></p>
      </div>
      <ul class="states" aria-hidden="true">
        <li><i class="dot"></i>waiting</li><li><i class="active"></i>active</li><li><i class="idle"></i>idle</li>
        <li><i class="opening"></i>opening</li><li><i class="leaked"></i>leaked</li><li><i class="fell"></i>timed out</li>
      </ul>
      <dl class="numbers counters" aria-hidden="true">${numbers.map(([name, words]) => html`<div><dt>${words}</dt><dd>${filmed ? count(this.told[name]) : NOTHING}</dd></div>`)}</dl>
      <p class="words" aria-live="off">${inWords(this.told, this.toldAt, this.film, this.known)}</p>`;
  }
}

/** In place of a pool. */
function write(ctx: CanvasRenderingContext2D, words: string, { width, height }: Layout, inks: Inks) {
  ctx.clearRect(0, 0, width, height);
  ctx.font = '13px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.fillStyle = inks.soft;
  ctx.fillText(words, width / 2, height / 2, width - 24);
}

function inWords(now: Frame, time: number, film: Film, known: InstanceColumns | undefined): string {
  const { from, instance } = film;
  const gone = absence(film, now, time, known);
  if (!covers(film, time)) return `At ${clock(time)}: ${gone}.`;
  const levels = gone ? `At ${clock(time)}: ${gone}.` : `At ${clock(time)} ${count(now.pending)} requests wait at instance ${count(instance)}, which has
    ${count(now.total)} of ${count(now.size)} connections: ${count(now.active)} active, of which ${count(now.leaked)} leaked, ${count(now.idle)} idle; ${count(now.opening)} more are opening.`;
  return `${levels} Since ${clock(from)} ${count(now.arrived)} requests came:
    ${count(now.served)} were served, ${count(now.failed)} failed, of which ${count(now.timed_out)} timed out.`;
}

const highest = (values: Uint32Array): number => values.reduce((high, value) => Math.max(high, value), 0);

if (!customElements.get('pool-picture')) customElements.define('pool-picture', PoolPicture);
