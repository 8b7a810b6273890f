// The scenario as its JSON: everything that the knobs do not reach can be read and changed here.
import type { Scenario } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { messageOf } from '../problems.js';

/** Why what is typed is no scenario, until there is another one. */
const wrong = new WeakMap<Scenario, string>();

/** `refresh` draws once more, as nothing has changed but what is said of the text. */
export function source(scenario: Scenario, edit: (scenario: Scenario) => void, refresh: () => void) {
  const why = wrong.get(scenario);
  const changed = (event: Event) => {
    const found = read((event.target as HTMLTextAreaElement).value);
    if (typeof found !== 'string') return edit(found);
    wrong.set(scenario, found);
    refresh();
  };
  const text = JSON.stringify(scenario, null, 2);
  return html`<details class="source">
    <summary>Scenario as JSON</summary>
    <textarea aria-label="Scenario as JSON" rows="16" spellcheck="false" aria-invalid=${why !== undefined} .value=${text} @change=${changed}></textarea>
    ${why === undefined ? nothing : html`<p class="error" role="alert">This can not be read, and the scenario is still what it was: ${why}</p>`}
    <pool-copy label="Copy JSON" .text=${() => text}></pool-copy>
  </details>`;
}

/** A scenario, or what is wrong with the text. */
function read(text: string): Scenario | string {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Scenario) : 'a scenario is an object';
  } catch (error) {
    return messageOf(error);
  }
}
