// <pool-field>: one knob as a box and a slider, with two thumbs while its value is a range. It tells what was entered ("turn");
// the scenario decides what it shows.
import type { Knob, Problem } from '../../pkg/poolwise.js';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { complaint } from './complaint.js';
import { helpButton, helpText } from './help.js';
import { blurred, rangeOf, valueOf, withoutUnit, withUnit } from './knobs.js';
import { nearest, stops } from './stops.js';
import { complaintOf, understood } from './understood.js';

export class PoolField extends LitElement {
  @property({ attribute: false }) knob!: Knob;
  @property() text = '';
  @property({ attribute: false }) problems: Problem[] = [];
  /** Whether several fields write one key, and share its problems. */
  @property({ attribute: false }) shared = false;
  /** Where the shared problem stands, while there may be one. */
  @property({ attribute: false }) describedBy: string | null = null;
  /** Whether a range would make no sense, as of what is asked for. */
  @property({ attribute: false }) exact = false;
  /** What else is to be said of the value, such as what a preset has in its place. */
  @property({ attribute: false }) hint: string | null = null;
  // What is being typed: the box is left alone until the typing is done, or for as long as nobody can read it.
  @state() private typing: string | null = null;
  @state() private helping = false;
  // Whether a change of the text follows from what is being typed, and is none of undo's.
  private own = false;
  // What a range was before it was one.
  private certain: string | null = null;

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('text') && !this.own) this.typing = null;
  }

  private turn(entered: string) {
    this.dispatchEvent(new CustomEvent<string>('turn', { detail: entered }));
  }

  private typed(event: Event) {
    this.typing = (event.target as HTMLInputElement).value;
    this.own = true;
    setTimeout(() => (this.own = false));
    this.turn(this.typing);
  }

  private settled() {
    if (this.typing !== null && !this.unread()) this.typing = null;
  }

  private doubt() {
    const { knob, text, certain } = this;
    const range = rangeOf(knob, text);
    this.certain = range ? null : withoutUnit(knob, text);
    this.typing = null;
    // Back to what it was, unless the range has been moved since.
    this.turn(range && certain !== null && blurred(knob, withUnit(knob, certain)) === withoutUnit(knob, text) ? certain : blurred(knob, text));
  }

  /** Why nobody can read it, where no problem of the scenario says so at this very field. */
  private unread(): string | null {
    return this.shared ? complaintOf(this.knob.quantity, withUnit(this.knob, this.typing ?? this.text)) : null;
  }

  protected override render() {
    const { knob, text } = this;
    const unread = this.unread();
    const wrong = unread !== null || this.problems.some((p) => p.severity === 'error');
    const own: Problem[] = unread ? [{ path: knob.path, severity: 'error', message: unread }] : [];
    const shown = withoutUnit(knob, text);
    // Whether what is in the box is without its unit.
    const bare = this.typing === null ? shown !== text : withUnit(knob, this.typing) !== this.typing;
    const spelt = wrong ? null : understood(knob.quantity, shown === text || this.typing !== null ? withUnit(knob, this.typing ?? text) : text);
    // Absent in a library that is older than this page.
    const { find } = knob as Knob & { find?: string };
    const described = [`${knob.path}-gloss`, `${knob.path}-understood`, `${knob.path}-problem`, ...(this.describedBy ? [this.describedBy] : [])];
    return html`<div class="field">
      <span class="name"><label for=${knob.path}>${knob.label}</label>
        ${helpButton(knob.path, knob.label, this.helping, () => (this.helping = !this.helping))}</span>
      <span class="box ${wrong ? 'wrong' : ''}">
        <input id=${knob.path} type="text" inputmode="text" autocomplete="off" spellcheck="false"
          .value=${live(this.typing ?? shown)} aria-invalid=${wrong} aria-describedby=${described.join(' ')}
          @input=${this.typed} @change=${this.settled} @blur=${this.settled}>
        <span class="unit">${bare ? knob.unit : ''}</span>
      </span>
      ${helpText(knob.path, knob.gloss, find, this.helping)}
      ${this.sliders()}
      <p class="understood" id="${knob.path}-understood">${spelt ? `= ${spelt}` : nothing}${this.hint ? html`<span class="hint">${this.hint}</span>` : nothing}</p>
      <span id="${knob.path}-gloss" hidden>${knob.gloss}${knob.unit ? `, in ${knob.unit} unless another unit is written` : ''}</span>
      ${complaint(`${knob.path}-problem`, this.shared ? own : this.problems)}
    </div>`;
  }

  private sliders() {
    const { knob, text } = this;
    const all = stops(knob);
    const range = rangeOf(knob, text);
    const value = valueOf(knob, text);
    const places = (range ?? [value ?? knob.start]).map((end) => nearest(all, end));
    const share = (n: number) => `${(100 * n) / (all.length - 1)}%`;
    const [from, to] = range ? [share(places[0]!), share(places[1]!)] : ['0%', share(places[0]!)];
    const slid = (n: number) => (event: Event) => {
      const stop = all[Number((event.target as HTMLInputElement).value)]!;
      if (!range) return this.turn(String(stop));
      // The ends push each other along.
      this.turn(n === 0 ? `${stop}..${Math.max(stop, range[1])}` : `${Math.min(stop, range[0])}..${stop}`);
    };
    const thumb = (n: number) => html`<input type="range" min="0" max=${all.length - 1} step="1"
        aria-label="${knob.label}, ${range ? (n === 0 ? 'lower end' : 'upper end') : 'slider'}"
        .value=${live(String(places[n]))} aria-valuetext=${range || value !== null ? `${range?.[n] ?? value} ${knob.unit}` : text} @input=${slid(n)}>`;
    return html`<div class="slide">
      <div class="track ${range ? 'two' : ''}" .style=${`--from: ${from}; --to: ${to}`}>${thumb(0)}${range ? thumb(1) : nothing}</div>
      ${this.exact ? nothing : html`<button type="button" class="doubt" aria-pressed=${range !== null} title="Uncertain: a range of ±20 %, and back"
        aria-label="${knob.label} is uncertain" @click=${this.doubt}>±</button>`}
    </div>`;
  }
}

if (!customElements.get('pool-field')) customElements.define('pool-field', PoolField);
