// <pool-paper>: one document in a dialog, to be read, copied or kept as a file.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { messageOf } from '../problems.js';
import './copy.js';
import type { Export, Made, Sight } from './documents.js';
import { save } from './save.js';

export class PoolPaper extends LitElement {
  @property({ attribute: false }) shown!: Export;
  @property({ attribute: false, hasChanged: () => true }) sight!: Sight;
  @state() private choice = '';
  @state() private made: Made | null = null;
  @state() private failure: string | null = null;
  private picture = '';
  // What the document was made of: it is made anew only for something else.
  private of = '';

  protected override createRenderRoot() {
    return this;
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    URL.revokeObjectURL(this.picture);
  }

  protected override firstUpdated() {
    this.querySelector('dialog')?.showModal();
  }

  protected override willUpdate(_changed: PropertyValues<this>) {
    const choices = this.shown.choices?.(this.sight) ?? [];
    if (!choices.some(({ name }) => name === this.choice)) this.choice = choices[0]?.name ?? '';
    const { session } = this.sight;
    const lacks = this.shown.lacks?.(this.sight) ?? null;
    const of = `${this.shown.name} ${this.choice} ${lacks ?? ''} ${session.together.state} ${JSON.stringify(session.scenario)} ${this.sight.link}`;
    if (of === this.of) return;
    this.of = of;
    if (lacks === null) void this.make(of);
    else this.made = null;
  }

  private async make(of: string) {
    this.failure = null;
    try {
      const made = await this.shown.make(this.sight, this.choice);
      if (this.of !== of) return;
      URL.revokeObjectURL(this.picture);
      this.picture = made.picture ? URL.createObjectURL(made.picture) : '';
      this.made = made;
    } catch (thrown) {
      this.made = null;
      this.failure = messageOf(thrown);
    }
  }

  private keep({ file, text, picture }: Made) {
    if (file) save(file, picture ?? new Blob([text ?? ''], { type: 'text/plain;charset=utf-8' }));
  }

  protected override render() {
    const { shown, made, picture } = this;
    const lacks = shown.lacks?.(this.sight) ?? null;
    return html`<dialog aria-labelledby="paper-title" @close=${() => this.dispatchEvent(new Event('close'))}>
      <h3 id="paper-title">${shown.title}</h3>
      ${this.choices()}
      <p class="state" role="status">${lacks ?? nothing}</p>
      ${this.failure ? html`<p class="error" role="alert">${this.failure}</p>` : nothing}
      ${made && picture ? html`<img src=${picture} alt=${shown.title}>` : nothing}
      ${made?.text !== undefined && !picture ? html`<textarea readonly rows="16" aria-label=${shown.title} spellcheck="false" .value=${made.text}></textarea>` : nothing}
      <div class="actions">
        ${made?.text !== undefined ? html`<pool-copy label="Copy" .text=${() => made.text ?? ''}></pool-copy>` : nothing}
        ${made?.file ? html`<button type="button" class="download" @click=${() => this.keep(made)}>Download ${made.file}</button>` : nothing}
        <span class="gap"></span>
        <button type="button" class="close" @click=${() => this.querySelector('dialog')?.close()}>Close</button>
      </div>
    </dialog>`;
  }

  private choices() {
    const all = this.shown.choices?.(this.sight) ?? [];
    if (all.length < 2) return nothing;
    return html`<label>Which <select @change=${(event: Event) => (this.choice = (event.target as HTMLSelectElement).value)}>
      ${all.map(({ name, title }) => html`<option value=${name} ?selected=${name === this.choice}>${title}</option>`)}
    </select></label>`;
  }
}

if (!customElements.get('pool-paper')) customElements.define('pool-paper', PoolPaper);
