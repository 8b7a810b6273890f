// What would have been different: the scenario's variants on the same requests, row by row as they come.
import type { Compared, ComparedRow } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, maybe, NOTHING } from '../format.js';
import { effect, writeOf } from './measures.js';
import { asking } from './progress.js';
import type { Session } from '../state/session.js';

/** `apply` opens the scenario with what a variant changes, each as `path=value`. */
export function whatIf(session: Session, apply?: (set: string[]) => void) {
  const variants = session.scenario.variant ?? [];
  if (variants.length === 0) return nothing;
  const { compared } = session;
  return html`<section class="card what-if" aria-label="What if">
    <h3>What if</h3>
    ${asking(session, 'compare', 'Comparison', `Compare ${count(variants.length)} ${variants.length === 1 ? 'variant' : 'variants'}`, () => session.ask('compare'))}
    ${compared ? html`<p class="soft">${count(compared.replications)} runs each on the same requests, seed ${compared.seed}</p>` : nothing}
    ${compared?.rows.length ? table(compared, session, apply) : nothing}
  </section>`;
}

function table({ rows }: Compared, { scenario }: Session, apply?: (set: string[]) => void) {
  const failed = scenario.incident ? 'Failed in the incident' : 'Failed';
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The variants as a table"><table>
    <thead><tr><th scope="col">Variant</th><th scope="col">${failed}</th><th scope="col">Difference</th><th scope="col">Wait p99</th>
      <th scope="col" class="known">What is known</th>${apply ? html`<th scope="col">Apply</th>` : nothing}</tr></thead>
    <tbody aria-live="polite">${rows.map((row) => line(row, apply))}</tbody>
  </table></div>`;
}

function line(row: ComparedRow, apply?: (set: string[]) => void) {
  const of = (name: string) => row.measures.find(({ measure }) => measure === name);
  const value = (name: string) => maybe(of(name)?.value?.mean, writeOf(name));
  const failed = of('impact.failed_requests');
  return html`<tr>
    <th scope="row" title=${row.set.join(', ')}>${row.name}</th>
    <td>${value('impact.failed_requests')}</td>
    <td>${failed ? effect(failed) : NOTHING}</td>
    <td>${value('wait.p99')}</td>
    <td class="known">${row.answer ?? ''}</td>
    ${apply ? html`<td>${row.set.length > 0 ? html`<button type="button" class="apply" aria-label=${`Apply ${row.name}: ${row.set.join(', ')}`} @click=${() => apply(row.set)}>Apply</button>` : nothing}</td>` : nothing}
  </tr>`;
}
