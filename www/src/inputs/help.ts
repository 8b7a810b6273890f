// The "?" beside a label: what a field is and where its number is found, shown and hidden by a button.
import { html } from 'lit';

/** The button; the text stands in `helpText` with the same id, wherever the layout has room for it. */
export const helpButton = (id: string, label: string, open: boolean, toggle: () => void) => html`<button type="button" class="help"
  aria-expanded=${open} aria-controls="${id}-help" aria-label="What is ${label}?" @click=${toggle}>?</button>`;

export const helpText = (id: string, text: string, find: string | undefined, open: boolean) => html`<p class="help-text" id="${id}-help" ?hidden=${!open}>
  ${text}.${find ? html`<br><span class="find">Where to find it: ${find}</span>` : ''}</p>`;
