// The scenario as its JSON: everything that the knobs do not reach can be read and changed here.
import type { Scenario } from '../../pkg/poolwise.js';
import { html } from 'lit';

export function source(scenario: Scenario, edit: (scenario: Scenario) => void) {
  const text = JSON.stringify(scenario, null, 2);
  return html`<details class="source">
    <summary>Scenario as JSON</summary>
    <textarea aria-label="Scenario as JSON" rows="16" spellcheck="false" .value=${text} @change=${(event: Event) => changed(event, edit)}></textarea>
    <pool-copy label="Copy JSON" .text=${() => text}></pool-copy>
  </details>`;
}

function changed(event: Event, edit: (scenario: Scenario) => void) {
  const area = event.target as HTMLTextAreaElement;
  try {
    const found: unknown = JSON.parse(area.value);
    if (typeof found !== 'object' || found === null) throw new Error('a scenario is an object');
    area.setCustomValidity('');
    edit(found as Scenario);
  } catch (error) {
    area.setCustomValidity(String(error));
    area.reportValidity();
  }
}
