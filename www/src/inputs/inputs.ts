// Everything that a scenario is entered with.
import type { Scenario } from '../../pkg/poolwise.js';
import { html } from 'lit';
import { type Form, form } from './form.js';
import './field.js';
import './settings.js';
import { source } from './source.js';
import './timeline.js';
import type { Supposed } from './timeline.js';

export interface Inputs extends Form {
  /** Open a counterfactual. */
  suppose(found: Supposed): void;
}

export function inputs(view: Inputs) {
  const { scenario, problems, edit } = view;
  const edited = (event: CustomEvent<Scenario>) => edit(event.detail);
  return html`${form(view)}
    <pool-interventions .scenario=${scenario} .problems=${problems} @edit=${edited}
      @suppose=${(event: CustomEvent<Supposed>) => view.suppose(event.detail)}></pool-interventions>
    <pool-settings .scenario=${scenario} .problems=${problems} @edit=${edited}></pool-settings>
    ${source(scenario, edit)}`;
}

/** What is said once a counterfactual is open. */
export const supposed = ({ what, lost }: Supposed): string =>
  `This is the scenario ${what}.${lost.length > 0 ? ` What speaks of things that are gone is left out: ${lost.join('; ')}.` : ''} Undo brings the other back.`;
