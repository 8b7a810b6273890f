// The tools that change the scenario as a whole: examples, undo and redo, import, reset.
import type { Scenario } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Past } from '../state/past.js';

export interface Example {
  name: string;
  title: string;
  scenario: Scenario;
}

export interface Tools {
  examples: Example[];
  scenario: Scenario;
  past: Pick<Past<unknown>, 'canUndo' | 'canRedo' | 'undo' | 'redo'>;
  pick(name: string): void;
  bringIn(): void;
  reset(): void;
}

export function tools({ examples, scenario, past, pick, bringIn, reset }: Tools) {
  const own = !examples.some((example) => example.scenario === scenario);
  const groups = [
    { label: 'Incidents', members: examples.filter((example) => example.scenario.incident) },
    { label: 'Other scenarios', members: examples.filter((example) => !example.scenario.incident) },
  ];
  return html`<label>Example <select class="examples" @change=${(event: Event) => pick((event.target as HTMLSelectElement).value)}>
      <option hidden value="" .selected=${live(own)}>your own</option>
      ${groups.map(({ label, members }) => (members.length === 0 ? nothing : html`<optgroup label=${label}>
        ${members.map((each) => html`<option value=${each.name} .selected=${live(each.scenario === scenario)}>${each.title}</option>`)}</optgroup>`))}
    </select></label>
    ${step('undo', 'Undo', 'Control+Z', past.canUndo, () => past.undo())}
    ${step('redo', 'Redo', 'Control+Shift+Z', past.canRedo, () => past.redo())}
    <button type="button" class="import" @click=${bringIn}>Import…</button>
    <button type="button" class="reset" @click=${reset}>Reset</button>`;
}

/** A button that keeps the keyboard's focus when there is nothing more to do: a disabled one would lose it. */
const step = (name: string, label: string, keys: string, can: boolean, act: () => void) => html`<button type="button" class=${name}
  aria-disabled=${!can} aria-keyshortcuts=${keys} title="${label} (${keys.replace('Control', 'Ctrl')})" @click=${() => can && act()}>${label}</button>`;
