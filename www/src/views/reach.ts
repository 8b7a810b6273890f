// How far the size reaches: why not one less, why not one more, how much more it bears; and what helps where no size does.
import type { Advice, Stuck } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { count, factor, share } from '../format.js';
import { details } from './table.js';

export function reach({ band, headroom, aftermath }: Advice) {
  if (!band) return nothing;
  const rows: [string, string][] = [
    ['Not one less', band.lowest_because],
    [band.highest == null ? 'No upper edge' : `No more than ${count(band.highest)}`, band.highest_because],
  ];
  if (headroom) {
    const { traffic, work } = headroom;
    rows.push(['Bears', `${factor(traffic, 'more traffic', 'the traffic')}, or work that takes ${factor(work, 'longer', 'as long')}`]);
  }
  if (aftermath) rows.push(['After an overload', aftermath.sentence]);
  return html`<dl class="reach">${rows.map(([name, why]) => html`<div><dt>${name}</dt><dd>${why}</dd></div>`)}</dl>`;
}

export function stuck({ bottleneck, because, remedies }: Stuck) {
  return html`<div class="stuck">
    <p>The bottleneck is <code>${bottleneck}</code>: ${because}.</p>
    <h4>What would help</h4>
    <ul class="remedies">${remedies.map(({ what, max_size }) => html`<li class=${max_size == null ? 'vain' : 'helps'}>
      ${what}${max_size == null ? nothing : html`: <b>${count(max_size)}</b> per instance`}</li>`)}</ul>
  </div>`;
}

/** The size when an input is other than it is thought to be, and how each case fares that is to be survived. */
export function sensitivity({ sensitivity: moved, survival, uncertain }: Advice) {
  const rows = [
    ...moved.map(({ what, max_size }) => ({ what, max_size })),
    ...survival.map(({ name, what, smallest }) => ({ what: name === what ? name : `${name}: ${what}`, max_size: smallest })),
  ];
  if (rows.length === 0) return nothing;
  return html`<h4>The smallest size when something is different${uncertain ? ', with each range at its middle' : ''}</h4>
    <ul class="moved">${rows.map(({ what, max_size }) => html`<li>${what} <span aria-hidden="true">→</span><span class="unseen">: </span>
      <b>${max_size == null ? 'none' : count(max_size)}</b></li>`)}</ul>`;
}

/** What each size would be worth over the inputs that nobody knows for sure. */
export function uncertain({ uncertain: found }: Advice) {
  if (!found) return nothing;
  return details('Sizes over the uncertain inputs', () => html`<table>
    <caption>${found.inputs.map(([path, range]) => `${path} = ${range}`).join(', ')}; ${count(found.worlds)} worlds; a missing connection
      counts as ten that are too many</caption>
    <thead><tr><th scope="col">Size</th><th scope="col">Enough in</th><th scope="col">More than needed</th><th scope="col">Lacks at most</th><th scope="col">Regret</th></tr></thead>
    <tbody>${found.table.map((row) => html`<tr class=${row.max_size === found.max_size ? 'chosen' : ''}><th scope="row">${count(row.max_size)}</th>
      <td>${share(row.enough)}</td><td>${count(row.too_many)}</td><td>${count(row.lacks)}</td><td>${count(row.regret)}</td></tr>`)}</tbody>
  </table>`);
}
