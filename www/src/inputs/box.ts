// <pool-box>: one key of the catalogue as a box for its text. It tells what was entered ("turn"); an empty box writes nothing.
import type { Problem } from '../../pkg/poolwise.js';
import { html, LitElement, type PropertyValues, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { complaint } from './complaint.js';
import { helpButton, helpText } from './help.js';
import { fieldAt } from './paths.js';
import { understood } from './understood.js';

export class PoolBox extends LitElement {
  @property() path = '';
  /** What it is called; its path where nothing is said. */
  @property() label = '';
  @property() text = '';
  /** What holds while nothing is written. */
  @property() otherwise = '';
  @property({ attribute: false }) problems: Problem[] = [];
  @state() private typing: string | null = null;
  @state() private helping = false;
  // Whether a change of the text follows from what is being typed, and is none of undo's.
  private own = false;

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('text') && !this.own) this.typing = null;
  }

  private typed(event: Event) {
    this.typing = (event.target as HTMLInputElement).value;
    this.own = true;
    setTimeout(() => (this.own = false));
    this.dispatchEvent(new CustomEvent<string>('turn', { detail: this.typing.trim() }));
  }

  protected override render() {
    const { path } = this;
    const field = fieldAt(path);
    const label = this.label || path;
    const id = `at-${path}`;
    const wrong = this.problems.some(({ severity }) => severity === 'error');
    const spelt = field && !wrong ? understood(field.quantity, this.typing ?? this.text) : null;
    return html`<div class="field text">
      <span class="name"><label for=${id}>${label}</label>
        ${helpButton(id, label, this.helping, () => (this.helping = !this.helping))}</span>
      <span class="box ${wrong ? 'wrong' : ''}"><input id=${id} type="text" autocomplete="off" spellcheck="false"
        placeholder=${this.otherwise} .value=${live(this.typing ?? this.text)}
        aria-invalid=${wrong} aria-describedby="${id}-gloss ${id}-understood ${id}-problem"
        @input=${this.typed} @change=${() => (this.typing = null)} @blur=${() => (this.typing = null)}></span>
      ${helpText(id, field?.gloss ?? '', undefined, this.helping)}
      <span id="${id}-gloss" hidden>${field?.gloss}</span>
      <p class="understood" id="${id}-understood">${spelt ? `= ${spelt}` : nothing}</p>
      ${complaint(`${id}-problem`, this.problems)}
    </div>`;
  }
}

if (!customElements.get('pool-box')) customElements.define('pool-box', PoolBox);
