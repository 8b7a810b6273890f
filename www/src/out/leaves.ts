// A scenario as a list of what is written in it, for paper: there are no fields there.
import type { Scenario } from '../../pkg/poolwise.js';
import { html } from 'lit';

/** Paths and values, in the order of the scenario. */
export function leaves(value: unknown, path = ''): [string, string][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((one, n) => leaves(one, `${path}[${n}]`));
  if (typeof value !== 'object') return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path ? `${path}.${key}` : key));
}

export const onPaper = (scenario: Scenario) => html`<section class="card on-paper" aria-hidden="true">
  <h3>The scenario</h3>
  <ul>${leaves(scenario).map(([path, value]) => html`<li>${path} = ${value}</li>`)}</ul>
</section>`;
