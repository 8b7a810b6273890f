// <pool-table>: a table behind a line that opens it. It is made only while it is open.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';

export class PoolTable extends LitElement {
  @property() summary = '';
  @property({ attribute: false }) table: () => TemplateResult = () => html``;
  @state() private open = false;

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener('beforeprint', this.print);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('beforeprint', this.print);
  }

  /** At once: who opens the tables for a printer does not wait. */
  private readonly print = () => {
    this.open = true;
    this.performUpdate();
  };

  private readonly toggled = (event: Event) => (this.open = (event.target as HTMLDetailsElement).open);

  protected override render() {
    return html`<details @toggle=${this.toggled}>
      <summary @click=${() => (this.open = true)}>${this.summary}</summary>
      ${this.open ? html`<div class="scroll" tabindex="0" role="region" aria-label=${this.summary}>${this.table()}</div>` : nothing}
    </details>`;
  }
}

if (!customElements.get('pool-table')) customElements.define('pool-table', PoolTable);

export const details = (summary: string, table: () => TemplateResult) => html`<pool-table .summary=${summary} .table=${table}></pool-table>`;
