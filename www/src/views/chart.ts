// <pool-chart>: one uPlot chart. It draws the columns that it is given and the notes over them, follows a playhead, and lets
// lines be left out.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { classMap } from 'lit/directives/class-map.js';
import uPlot from 'uplot';
import type { Note } from './annotate.js';
import { binOf, type Column, whole } from './columns.js';
import { describe } from './describe.js';
import { optionsOf } from './options.js';
import { maybe } from '../format.js';
import type { Playhead } from './playhead.js';
import type { Line, Spec } from './spec.js';
import { forget, inTurn, isPrinting } from './turns.js';
import { onThemeChange, paint, type Paint } from '../theme.js';

// A chart out of sight is drawn when nothing has come for so long, in milliseconds.
const QUIET = 1000;

export class PoolChart extends LitElement {
  @property({ attribute: false }) spec!: Spec;
  @property({ attribute: false }) columns: Column[] = [[]];
  @property({ attribute: false }) notes: Note[] = [];
  /** Time charts share one: its moment is under the cursor of all. */
  @property({ attribute: false }) playhead: Playhead | undefined;
  /** The place under the cursor, of the whole columns. */
  @state() private at: number | null = null;
  @state() private without: ReadonlySet<string> = new Set();
  private plot: uPlot | undefined;
  /** What has changed since the plot was drawn. */
  private stale: 'no' | 'notes' | 'columns' | 'spec' = 'spec';
  private seen = true;
  /** Told by the browser: to ask for it would make it lay out the page. */
  private width = 0;
  private later = 0;
  private forgetTheme = () => {};
  private forgetPlayhead = () => {};
  private readonly sizes = new ResizeObserver((entries) => this.fit(entries.at(-1)?.contentRect.width ?? 0));
  private readonly sight = new IntersectionObserver((entries) => {
    this.seen = entries.at(-1)?.isIntersecting ?? true;
    if (this.seen && this.stale !== 'no') inTurn(this, () => this.refresh());
  }, { rootMargin: '300px' });

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.sizes.observe(this);
    this.sight.observe(this);
    this.forgetTheme = onThemeChange(this, () => this.outdate('spec'));
    if (this.hasUpdated) this.outdate('spec');
    this.follow();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.sight.disconnect();
    forget(this);
    clearTimeout(this.later);
    this.forgetTheme();
    this.forgetPlayhead();
    this.plot?.destroy();
    this.plot = undefined;
  }

  protected override updated(changed: PropertyValues<this>) {
    if (changed.has('playhead')) this.follow();
    if (changed.has('spec')) this.outdate('spec');
    else if (changed.has('columns')) this.outdate('columns');
    else if (changed.has('notes')) this.outdate('notes');
  }

  private outdate(what: 'notes' | 'columns' | 'spec') {
    if (this.stale === 'no' || what === 'spec' || (what === 'columns' && this.stale === 'notes')) this.stale = what;
    clearTimeout(this.later);
    const draw = () => inTurn(this, () => this.refresh());
    if (this.seen || !this.plot || isPrinting()) draw();
    else this.later = window.setTimeout(draw, QUIET);
  }

  private refresh() {
    const { stale } = this;
    this.stale = 'no';
    if (stale === 'spec' || !this.plot) return this.build();
    if (stale === 'columns') this.plot.setData(this.columns as uPlot.AlignedData);
    else if (stale === 'notes') this.plot.redraw(false);
    if (stale === 'columns') this.point();
  }

  private build() {
    this.plot?.destroy();
    this.plot = undefined;
    const into = this.querySelector<HTMLElement>('.plot');
    if (!into || !this.isConnected || this.width === 0) return;
    const colour = (name: Paint) => paint(this, name);
    const options = optionsOf(this.spec, this.width, colour, () => this.notes, this.moved);
    this.plot = new uPlot(options, this.columns as uPlot.AlignedData, into);
    this.spec.lines.forEach((line, n) => this.isHidden(line) && this.plot?.setSeries(n + 1, { show: false }));
    this.point();
  }

  private fit(width: number) {
    if (width === 0 || width === this.width) return;
    this.width = width;
    if (!this.plot) return inTurn(this, () => this.refresh());
    this.plot.setSize({ width, height: this.spec.height });
    this.point();
  }

  private follow() {
    this.forgetPlayhead();
    this.forgetPlayhead = this.playhead?.listen(() => this.point()) ?? (() => {});
    this.point();
  }

  /** Put the cursor where the playhead is. Between two bins the later one counts, which uPlot takes only right of the middle. */
  private point() {
    if (!this.plot || !this.playhead || this.plot.data[0].length === 0) return;
    this.plot.setCursor({ left: this.plot.valToPos(this.playhead.shown, 'x') + 0.01, top: 0 });
  }

  private readonly moved = () => {
    const [t = []] = whole(this.columns);
    this.at = this.playhead && t.length > 0 ? binOf(t, this.playhead.shown) : (this.plot?.cursor.idx ?? null);
  };

  /** All charts of a playhead look where the pointer hovers; a press moves the playhead there. */
  private readonly hover = (event: PointerEvent) => {
    const { plot, playhead } = this;
    if (!plot || !playhead || plot.data[0].length === 0) return;
    const { left, width } = plot.over.getBoundingClientRect();
    const place = plot.posToVal(Math.min(Math.max(event.clientX - left, 0), width), 'x');
    if (event.buttons & 1) playhead.seek(place);
    playhead.look(place);
  };

  private readonly leave = () => this.playhead?.look(null);

  private readonly isHidden = (line: Line) => this.without.has(line.group ?? line.label ?? '');

  private toggle(name: string) {
    const hidden = new Set(this.without);
    if (!hidden.delete(name)) hidden.add(name);
    this.without = hidden;
    this.plot?.batch(() => this.spec.lines.forEach((line, n) => this.plot?.setSeries(n + 1, { show: !this.isHidden(line) })));
    this.plot?.redraw();
  }

  protected override render() {
    const { x } = this.spec;
    return html`<div class="plot" role="img" aria-label=${describe(this.spec, this.columns)}
        @mouseleave=${this.leave} @pointerdown=${this.hover} @pointermove=${this.hover}></div>
      <ul class="legend">
        ${this.at === null || this.playhead ? nothing : html`<li class="place" aria-hidden="true">${x.label} <b>${maybe(this.columns[0]?.[this.at], x.write)}</b></li>`}
        ${this.spec.lines.map((line, n) => this.entry(line, n + 1))}
      </ul>`;
  }

  private entry(line: Line, column: number) {
    const { label, dash, colour, ghost } = line;
    if (!label) return nothing;
    const value = this.at === null ? '' : ` ${maybe(whole(this.columns)[column]?.[this.at], this.spec.y.write)}`;
    const classes = { dashed: !!dash, ghost: !!ghost, [`line-${colour}`]: true };
    return html`<li><button type="button" class="entry" aria-pressed=${!this.isHidden(line)} aria-label=${`Show ${label}${value}`}
      @click=${() => this.toggle(line.group ?? label)}><i class=${classMap(classes)}></i>${label}<b>${value}</b></button></li>`;
  }
}

if (!customElements.get('pool-chart')) customElements.define('pool-chart', PoolChart);
