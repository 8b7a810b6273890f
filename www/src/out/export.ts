// <pool-export>: a menu of what can be taken out of the planner, and a dialog that shows one of it.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Session } from '../state/session.js';
import type { PoolChart } from '../views/chart.js';
import type { Export, Sight } from './documents.js';

export class PoolExport extends LitElement {
  // The session is one object that changes: whoever renders this says that it did.
  @property({ attribute: false, hasChanged: () => true }) session!: Session;
  @property({ attribute: false }) link: () => string = () => '';
  @state() private open = false;
  @state() private shown: Export | null = null;
  @state() private exports: Export[] = [];

  protected override createRenderRoot() {
    return this;
  }

  private get sight(): Sight {
    const root = this.getRootNode() as ParentNode;
    return { session: this.session, charts: [...root.querySelectorAll<PoolChart>('pool-chart')], link: this.link() };
  }

  private async unfold(place: 'first' | 'last' = 'first') {
    const [{ EXPORTS }] = await Promise.all([import('./documents.js'), import('./paper.js')]);
    this.exports = EXPORTS;
    this.open = true;
    await this.updateComplete;
    this.items.at(place === 'first' ? 0 : -1)?.focus();
  }

  private fold(back = true) {
    this.open = false;
    if (back) this.querySelector<HTMLElement>('.menu-button')?.focus();
  }

  private get items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  private pressedButton(event: KeyboardEvent) {
    const place = { ArrowDown: 'first', ArrowUp: 'last' } as const;
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    void this.unfold(place[event.key]);
  }

  private pressed(event: KeyboardEvent) {
    const { items } = this;
    const at = items.indexOf(event.target as HTMLElement);
    const to: Record<string, number> = { ArrowDown: (at + 1) % items.length, ArrowUp: at - 1, Home: 0, End: -1 };
    const next = to[event.key];
    if (event.key === 'Escape') this.fold();
    else if (event.key === 'Tab') this.fold(false);
    else if (next !== undefined) items.at(next)?.focus();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
  }

  private left(event: FocusEvent) {
    // Somebody went to another window: the focus is here again when they come back, and so is the menu.
    if (!document.hasFocus()) return;
    const to = event.relatedTarget as Node | null;
    if (!to || !this.querySelector('.menu')?.contains(to)) this.open = false;
  }

  private choose(one: Export) {
    this.fold();
    one.prepare?.(this.sight);
    this.shown = one;
  }

  private print() {
    this.fold();
    window.print();
  }

  protected override render() {
    return html`<button type="button" class="menu-button" aria-haspopup="menu" aria-expanded=${this.open}
        @click=${() => (this.open ? this.fold() : this.unfold())} @keydown=${this.pressedButton}>Export</button>
      ${this.open ? html`<ul class="menu" role="menu" aria-label="Export" @keydown=${this.pressed} @focusout=${this.left}>
        ${this.exports.map((one) => item(one.title, () => this.choose(one)))}
        ${item('Print', () => this.print())}
      </ul>` : nothing}
      ${this.shown ? html`<pool-paper .shown=${this.shown} .sight=${this.sight} @close=${() => (this.shown = null)}></pool-paper>` : nothing}`;
  }
}

const item = (title: string, act: () => void) =>
  html`<li role="none"><button type="button" role="menuitem" tabindex="-1" @click=${act}>${title}</button></li>`;

if (!customElements.get('pool-export')) customElements.define('pool-export', PoolExport);
