// <pool-field>: one knob as a slider and a box. It tells what was entered ("turn"); the scenario decides what it shows.
import type { Knob, Problem } from '../../pkg/poolwise.js';
import { html, LitElement } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { valueOf } from './knobs.js';
import { complaint } from './complaint.js';
import { nearest, stops } from './stops.js';

export class PoolField extends LitElement {
  @property({ attribute: false }) knob!: Knob;
  @property() text = '';
  @property({ attribute: false }) problems: Problem[] = [];
  /** Set when the problem stands elsewhere, beside a group of fields. */
  @property({ attribute: false }) describedBy: string | null = null;
  // What is being typed: the box is left alone until the typing is done.
  @state() private typing: string | null = null;

  protected override createRenderRoot() {
    return this;
  }

  private turn(entered: string) {
    this.dispatchEvent(new CustomEvent<string>('turn', { detail: entered }));
  }

  private typed(event: Event) {
    this.typing = (event.target as HTMLInputElement).value;
    this.turn(this.typing);
  }

  private slid(event: Event) {
    const place = Number((event.target as HTMLInputElement).value);
    this.turn(String(stops(this.knob)[place]));
  }

  protected override render() {
    const { knob, text } = this;
    const value = valueOf(knob, text);
    const all = stops(knob);
    const place = nearest(all, value ?? knob.start);
    const wrong = this.problems.some((p) => p.severity === 'error');
    const described = [`${knob.path}-gloss`, this.describedBy ?? `${knob.path}-problem`].join(' ');
    return html`<div class="field">
      <label for=${knob.path} title=${knob.gloss}>${knob.label}</label>
      <span class="box ${wrong ? 'wrong' : ''}">
        <input id=${knob.path} type="text" inputmode="text" autocomplete="off" spellcheck="false"
          .value=${live(this.typing ?? (value === null ? text : String(value)))}
          aria-invalid=${wrong} aria-describedby=${described}
          @input=${this.typed} @change=${() => (this.typing = null)} @blur=${() => (this.typing = null)}>
        <span class="unit">${knob.unit}</span>
      </span>
      <input type="range" min="0" max=${all.length - 1} step="1" aria-label="${knob.label}, slider"
        .value=${live(String(place))} style="--filled: ${(100 * place) / (all.length - 1)}%"
        aria-valuetext="${value ?? text} ${knob.unit}" @input=${this.slid}>
      <span id="${knob.path}-gloss" hidden>${knob.gloss}${knob.unit ? `, in ${knob.unit} unless another unit is written` : ''}</span>
      ${this.describedBy ? '' : complaint(`${knob.path}-problem`, this.problems)}
    </div>`;
  }
}

if (!customElements.get('pool-field')) customElements.define('pool-field', PoolField);
