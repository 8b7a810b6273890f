// Which real pool it is: a choice of the library's presets, with what each value is and where it stands in the pool's source.
import type { Scenario, Setting } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { asShipped, presetOf, presets } from './presets.js';
import { standing } from './paths.js';
import { read, remove, write } from './scenario.js';

export function preset(scenario: Scenario, edit: (scenario: Scenario) => void) {
  const path = standing(scenario, 'pool.preset');
  const pool = path.replace(/\.preset$/, '');
  const name = read(scenario, path) ?? '';
  const chosen = presetOf(scenario, pool);
  const pick = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    edit(value === '' ? remove(scenario, path) : write(scenario, path, value));
  };
  return html`<div class="field preset">
    <label for="preset">Which pool it is</label>
    <select id="preset" aria-describedby="preset-gloss" @change=${pick}>
      <option value="" .selected=${live(name === '')}>none of these</option>
      ${name !== '' && !chosen ? html`<option value=${name} .selected=${live(true)}>${name}</option>` : nothing}
      ${presets().map((each) => html`<option value=${each.name} .selected=${live(each === chosen)}>${each.product} ${each.version}</option>`)}
    </select>
    <p class="hint" id="preset-gloss">${chosen?.gloss ?? nothing}</p>
    ${chosen ? html`<details class="shipped">
      <summary>Its ${chosen.settings.length} values and their sources</summary>
      <dl>${chosen.settings.map((setting) => value(setting, read(scenario, `${pool}.${setting.key}`)))}</dl>
      <p>Left out: ${chosen.leaves_out}.</p>
      <button type="button" @click=${() => edit(asShipped(scenario, pool))}>Use its own values</button>
    </details>` : nothing}
  </div>`;
}

const value = (setting: Setting, written: string | undefined) => html`<dt><code>${setting.key} = ${setting.value}</code>
    ${written !== undefined && written !== setting.value ? html`<span class="caution">here ${written}</span>` : nothing}</dt>
  <dd>${setting.source}</dd>`;
