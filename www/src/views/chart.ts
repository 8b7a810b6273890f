// <pool-chart>: one uPlot chart. It draws the columns that it is given, lines that stand for limits, and numbered marks.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import { annotate, type Note } from './annotate.js';
import type { Column } from './columns.js';
import { maybe } from '../format.js';
import { onThemeChange, paint, type Paint } from '../theme.js';

export interface Line {
  /** A line without a label is no entry of the legend. */
  label?: string;
  colour: Paint;
  width: number;
  dash?: number[];
  /** The colour of the area under the line. */
  fill?: Paint;
  stepped?: boolean;
  points?: boolean;
}

export interface Spec {
  label: string;
  height: number;
  /** `steps` are the distances that the ticks of the x axis may have. */
  x: { label: string; write: (value: number) => string; steps: number[] };
  y: { write: (value: number) => string; floor?: number };
  lines: Line[];
  /** Pairs of lines (counted from 1) between which the area is filled. */
  bands?: { between: [number, number]; colour: Paint }[];
  /** Charts with the same key share their cursor. */
  sync?: string;
}

export class PoolChart extends LitElement {
  @property({ attribute: false }) spec!: Spec;
  @property({ attribute: false }) columns: Column[] = [[]];
  @property({ attribute: false }) notes: Note[] = [];
  @state() private at: number | null = null;
  private plot: uPlot | undefined;
  private forgetTheme = () => {};
  private readonly sizes = new ResizeObserver(() => this.fit());

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.sizes.observe(this);
    this.forgetTheme = onThemeChange(this, () => this.build());
    if (this.hasUpdated) this.build();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.forgetTheme();
    this.plot?.destroy();
    this.plot = undefined;
  }

  protected override updated(changed: PropertyValues<this>) {
    if (changed.has('spec') || !this.plot) return this.build();
    if (changed.has('columns')) this.plot.setData(this.columns as uPlot.AlignedData);
    else if (changed.has('notes')) this.plot.redraw(false);
  }

  private build() {
    this.plot?.destroy();
    const into = this.querySelector<HTMLElement>('.plot');
    if (into && this.isConnected) this.plot = new uPlot(this.options(), this.columns as uPlot.AlignedData, into);
  }

  private fit() {
    if (this.plot && this.clientWidth > 0) this.plot.setSize({ width: this.clientWidth, height: this.spec.height });
  }

  private options(): uPlot.Options {
    const { spec } = this;
    const colour = (name: Paint) => paint(this, name);
    return {
      width: this.clientWidth || 600,
      height: spec.height,
      legend: { show: false },
      padding: [18, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 }, sync: spec.sync ? { key: spec.sync } : undefined },
      scales: { x: { time: false }, y: range(spec) },
      axes: [{ ...axis(colour, spec.x.write), size: 30, gap: 8, incrs: spec.x.steps }, { ...axis(colour, spec.y.write), size: 62 }],
      series: [{}, ...spec.lines.map((line) => series(line, colour))],
      bands: spec.bands?.map(({ between, colour: name }) => ({ series: between, fill: colour(name) })),
      hooks: {
        draw: [(plot) => annotate(plot, this.notes, colour)],
        setCursor: [(plot) => (this.at = plot.cursor.idx ?? null)],
      },
    };
  }

  protected override render() {
    return html`<div class="plot" role="img" aria-label=${`${this.spec.label}; the table below has the numbers`}></div>
      <ul class="legend" aria-hidden="true">
        ${this.at === null ? nothing : html`<li>${this.spec.x.label} <b>${maybe(this.columns[0]?.[this.at], this.spec.x.write)}</b></li>`}
        ${this.spec.lines.map((line, n) => this.entry(line, n + 1))}
      </ul>`;
  }

  private entry(line: Line, column: number) {
    if (!line.label) return nothing;
    const value = this.at === null ? nothing : html` <b>${maybe(this.columns[column]?.[this.at], this.spec.y.write)}</b>`;
    return html`<li><i class=${line.dash ? 'dashed' : ''} style=${`--line: var(--${line.colour})`}></i>${line.label}${value}</li>`;
  }
}

function range({ y }: Spec): uPlot.Scale {
  const { floor } = y;
  if (floor === undefined) return { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] };
  return { distr: 3, range: (_plot, _low, high) => [floor, Math.max(10 ** Math.ceil(Math.log10(high * 1.01)), floor * 1000)] };
}

function axis(colour: (name: Paint) => string, write: (value: number) => string): uPlot.Axis {
  return {
    stroke: colour('soft'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('grid'), width: 1, filter: (_plot, places) => places.map((place) => (isMinor(place, places) ? null : place)) },
    ticks: { show: false },
    values: (_plot, places) => places.map((place) => (place === null ? '' : write(place))),
  };
}

/** Logarithmic axes come with all nine places of a decade: only the first is drawn. */
const isMinor = (place: number, places: number[]): boolean =>
  places.length > 12 && Math.abs(Math.log10(place) - Math.round(Math.log10(place))) > 1e-6;

function series(line: Line, colour: (name: Paint) => string): uPlot.Series {
  const { stepped } = uPlot.paths;
  return {
    stroke: colour(line.colour),
    width: line.width,
    dash: line.dash,
    spanGaps: !line.stepped,
    fill: line.fill && colour(line.fill),
    points: { show: line.points ?? false, size: 6, fill: colour(line.colour) },
    paths: line.stepped ? stepped?.({ align: 1 }) : undefined,
  };
}

if (!customElements.get('pool-chart')) customElements.define('pool-chart', PoolChart);
