// <pool-readout>: all charts of a run at the moment of the player, as a table that is read when it is wanted.
import type { Columns } from '../../pkg/poolwise.js';
import { html } from 'lit';
import { property, state } from 'lit/decorators.js';
import { binOf } from './columns.js';
import { Follower } from './follower.js';
import { clock, maybe } from '../format.js';
import type { Panel } from './panels.js';
import { details } from './table.js';

export class PoolReadout extends Follower {
  @property({ attribute: false }) series!: Columns;
  @property({ attribute: false }) panels: Panel[] = [];
  @state() private place = 0;
  @state() private time = '';

  protected override moved() {
    this.place = binOf(this.series.t, this.playhead.time);
    this.time = clock(this.playhead.time);
  }

  protected override render() {
    return details('All charts at the moment of the player', () => this.table());
  }

  private table() {
    const { series, place } = this;
    return html`<table class="readout">
      <caption>at ${this.time}</caption>
      <tbody>${this.panels.map(({ spec, columns, words }) => html`<tr>
        <th scope="row">${spec.label}</th>
        <td class="known">${columns.map((name, n) => html`${n > 0 ? ', ' : ''}${words[n]} <b>${maybe(series[name][place], spec.y.write)}</b>`)}</td>
      </tr>`)}</tbody>
    </table>`;
  }
}

if (!customElements.get('pool-readout')) customElements.define('pool-readout', PoolReadout);
