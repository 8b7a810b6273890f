// Everything that a scenario is entered with. What is behind a disclosure is loaded when it is opened.
import type { Scenario } from '../../pkg/poolwise.js';
import { html } from 'lit';
import type { LitElement } from 'lit';
import type { Supposed } from './counterfactual.js';
import { type Form, form } from './form.js';
import './field.js';
import { source } from './source.js';

export interface Inputs extends Form {
  /** Open a counterfactual. */
  suppose(found: Supposed): void;
}

export function inputs(view: Inputs) {
  const { scenario, problems, edit } = view;
  const edited = (event: CustomEvent<Scenario>) => edit(event.detail);
  const entries = scenario.timeline?.length ?? 0;
  return html`${form(view)}
    <details class="timeline" @toggle=${opened(() => import('./timeline.js'))}>
      <summary>Timeline <small>${entries === 0 ? 'nothing happens yet' : entries === 1 ? '1 entry' : `${entries} entries`}</small></summary>
      <pool-interventions .scenario=${scenario} .problems=${problems} @edit=${edited}
        @suppose=${(event: CustomEvent<Supposed>) => view.suppose(event.detail)}></pool-interventions>
    </details>
    <details class="settings" @toggle=${opened(() => import('./settings.js'))}>
      <summary>All settings</summary>
      <pool-settings .scenario=${scenario} .problems=${problems} @edit=${edited}></pool-settings>
    </details>
    ${source(scenario, edit, () => view.refresh?.())}`;
}

/** Load what is in a disclosure, and have it drawn. */
const opened = (load: () => Promise<unknown>) => async (event: Event) => {
  const details = event.currentTarget as HTMLDetailsElement;
  // Those inside say that they were opened too.
  if (event.target !== details || !details.open) return;
  await load();
  (details.lastElementChild as LitElement).requestUpdate();
};
