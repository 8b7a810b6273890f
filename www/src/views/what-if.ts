// What would have been different: the scenario's variants on the same requests, row by row as they come.
import type { Compared, ComparedRow } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, difference, maybe, NOTHING, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';

export function whatIf(session: Session) {
  const variants = session.scenario.variant ?? [];
  if (variants.length === 0) return nothing;
  const { state, progress } = session.work.compare;
  const working = state === 'working';
  return html`<section class="card what-if">
    <h3>What if</h3>
    <div class="progress">
      ${working
        ? html`<progress aria-label="Comparison" max=${progress?.total || 1} value=${progress?.done ?? 0}></progress>
          <button type="button" @click=${() => session.stop('compare')}>Stop</button>`
        : html`<button type="button" @click=${() => session.ask('compare')}>Compare ${count(variants.length)} ${variants.length === 1 ? 'variant' : 'variants'}</button>`}
      <span class="state">${status(session.compared)}</span>
    </div>
    ${session.compared?.rows.length ? table(session.compared) : nothing}
  </section>`;
}

const status = (found: Compared | null): string => (found ? `${count(found.replications)} runs each on the same requests, seed ${found.seed}` : '');

function table({ rows }: Compared) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The variants as a table"><table>
    <thead><tr><th>Variant</th><th>Failed</th><th>Difference</th><th>Wait p99</th><th>What is known</th></tr></thead>
    <tbody aria-live="polite">${rows.map(line)}</tbody>
  </table></div>`;
}

function line(row: ComparedRow) {
  const of = (name: string) => row.measures.find(({ measure }) => measure === name);
  const failed = of('impact.failed_requests');
  return html`<tr>
    <th scope="row" title=${row.set.join(', ')}>${row.name}</th>
    <td>${maybe(failed?.value?.mean, share)}</td>
    <td><span class="effect ${failed?.effect ?? ''}">${failed ? difference(failed) : NOTHING}</span></td>
    <td>${maybe(of('wait.p99')?.value?.mean, seconds)}</td>
    <td class="known">${row.answer ?? ''}</td>
  </tr>`;
}
