// <pool-instances>: the instances one by one, small, all on one scale of connections and one of requests, with the player's moment in each.
import type { InstanceColumns } from '../../pkg/poolwise.js';
import { html, nothing, svg } from 'lit';
import { property, state } from 'lit/decorators.js';
import { foremost, max } from './columns.js';
import { Follower } from './follower.js';
import { clock, count } from '../format.js';
import { details } from './table.js';

// So many are shown at first.
const FEW = 12;
const [WIDE, TALL] = [120, 36];

export class PoolInstances extends Follower {
  @property({ attribute: false }) instances: InstanceColumns[] = [];
  @state() private all = false;

  protected override moved() {
    const { shown, from, until } = this.playhead;
    this.style.setProperty('--at', String(until > from ? (shown - from) / (until - from) : 0));
  }

  protected override render() {
    const shown = this.all ? this.instances : foremost(this.instances, FEW);
    const size = Math.max(1, ...this.instances.flatMap(({ active, size }) => [max(active), max(size)]));
    const queue = Math.max(1, ...this.instances.map(({ pending }) => max(pending)));
    const came = this.instances.some(({ size }) => size[0] === 0 || size.at(-1) === 0);
    return html`<h4>Instance by instance <span class="soft">in use (area, up to ${count(size)}) and waiting (line, up to ${count(queue)})</span></h4>
      ${came ? html`<p class="soft">Who comes later, or in place of another, has a number of its own.</p>` : nothing}
      <ul class="instances">${shown.map((one) => this.one(one, size, queue))}</ul>
      ${this.all || this.instances.length <= FEW ? nothing : html`<p class="ask"><button type="button" @click=${() => (this.all = true)}>Show all ${count(this.instances.length)}</button></p>`}
      ${details('Instances as a table', () => table(this.instances))}`;
  }

  private one({ instance, t, active, pending }: InstanceColumns, size: number, queue: number) {
    const said = `Instance ${count(instance)}: ${mostOf('in use', active, t)}, ${mostOf('waiting', pending, t)}.`;
    return html`<li><span>${count(instance)}</span><div class="small">
      <svg role="img" aria-label=${said} viewBox="0 0 ${WIDE} ${TALL}" preserveAspectRatio="none">
        ${svg`<path class="area" d=${`M0 ${TALL}L${path(active, size)}L${WIDE} ${TALL}Z`}></path><path class="line" d=${`M${path(pending, queue)}`}></path>`}
      </svg></div></li>`;
  }
}

function mostOf(what: string, values: Float64Array, t: Float64Array): string {
  const most = max(values);
  return `${what} at most ${count(most)}${most > 0 ? ` at ${clock(t[values.indexOf(most)] ?? 0)}` : ''}`;
}

const path = (values: Float64Array, high: number): string =>
  Array.from(values, (value, n) => `${((n / Math.max(1, values.length - 1)) * WIDE).toFixed(1)} ${(TALL - (value / high) * (TALL - 2)).toFixed(1)}`).join('L');

function table(instances: InstanceColumns[]) {
  return html`<table>
    <thead><tr><th scope="col">Instance</th><th scope="col">Most in use</th><th scope="col">Most waiting</th><th scope="col">at</th></tr></thead>
    <tbody>${instances.map(({ instance, t, active, pending }) => html`<tr><th scope="row">${count(instance)}</th><td>${count(max(active))}</td>
      <td>${count(max(pending))}</td><td>${max(pending) > 0 ? clock(t[pending.indexOf(max(pending))] ?? 0) : '–'}</td></tr>`)}</tbody>
  </table>`;
}

if (!customElements.get('pool-instances')) customElements.define('pool-instances', PoolInstances);
