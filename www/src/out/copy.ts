// <pool-copy>: a button that copies a text. Where the clipboard is closed, it shows the text to be copied by hand.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';

export class PoolCopy extends LitElement {
  @property() label = 'Copy';
  @property({ attribute: false }) text: () => string | Promise<string> = () => '';
  private last = '';
  @state() private outcome: 'none' | 'copied' | 'closed' = 'none';

  protected override createRenderRoot() {
    return this;
  }

  private async copy() {
    this.last = await this.text();
    try {
      await navigator.clipboard.writeText(this.last);
      this.outcome = 'copied';
      setTimeout(() => (this.outcome = 'none'), 1600);
    } catch {
      this.outcome = 'closed';
    }
  }

  protected override render() {
    const byHand = html`<input class="by-hand" readonly aria-label="Copy this text" .value=${this.last}
      @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>`;
    return html`<button type="button" @click=${this.copy}>
        <span aria-live="polite">${this.outcome === 'copied' ? 'Copied' : this.label}</span>
      </button>${this.outcome === 'closed' ? byHand : nothing}`;
  }
}

if (!customElements.get('pool-copy')) customElements.define('pool-copy', PoolCopy);
