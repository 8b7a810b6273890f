// <pool-interventions>: what happens during a run, entry by entry in order of time. Which keys an entry has, the library says.
import { changes } from '../../pkg/poolwise.js';
import type { Kind, Problem, Scenario } from '../../pkg/poolwise.js';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import './box.js';
import { at } from './complaint.js';
import { applied, type Counterfactual, type Supposed, without } from './counterfactual.js';
import { goTo, isFocused, keepFocus } from './focus.js';
import { unwritten } from './knobs.js';
import { atMoment, duration, inOrder, moment, step } from './moments.js';
import { keys } from './paths.js';
import { place, read, remove, write } from './scenario.js';

const LIST = 'timeline';

export class PoolInterventions extends LitElement {
  @property({ attribute: false }) scenario!: Scenario;
  @property({ attribute: false }) problems: Problem[] = [];
  @state() private opened = new Set<number>();
  // The change that would be added.
  @state() private next = '';
  // The order stands while somebody works in the list, lest rows run away under the hands.
  private order: number[] = [];
  private restore: (() => void) | null = null;

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate() {
    const length = this.scenario.timeline?.length ?? 0;
    if (this.order.length !== length || !isFocused(this)) this.arrange();
  }

  private arrange() {
    this.order = inOrder(this.scenario);
    this.restore = keepFocus(this);
    this.requestUpdate();
  }

  protected override updated(changed: PropertyValues<this>) {
    super.updated(changed);
    this.restore?.();
    this.restore = null;
  }

  private edit(scenario: Scenario) {
    this.dispatchEvent(new CustomEvent<Scenario>('edit', { detail: scenario }));
  }

  private turn(path: string, text: string) {
    this.edit(text === '' ? remove(this.scenario, path) : write(this.scenario, path, text));
  }

  /** Open what would have been, with word of what had to go. */
  private suppose(found: Counterfactual, what: string) {
    this.dispatchEvent(new CustomEvent<Supposed>('suppose', { detail: { ...found, what } }));
  }

  /** The keyboard goes to the row that moves up, not to its button: pressed once more that would take out another entry. */
  private leave(n: number, path: string, title: string) {
    goTo(this, `[id="row-${n}"], [id="row-${n - 1}"], .add select`);
    this.suppose(without(this.scenario, path), `without ${title}`);
  }

  /** The keyboard goes to what the new entry asks for first, or to the entry where it has all it needs. */
  private add(change: string, first = '', like: Record<string, unknown> = {}) {
    const n = this.scenario.timeline?.length ?? 0;
    const whole = duration(this.scenario);
    const { name: _, ...rest } = like;
    this.opened = new Set(this.opened).add(n);
    goTo(this, first ? `[id="at-${LIST}[${n}].${first}"]` : `[id="row-${n}"]`);
    this.edit(place(this.scenario, `${LIST}[${n}]`, { at: atMoment(whole === null ? 0 : whole / 2), change, ...rest }));
  }

  private drop(n: number) {
    // The rows behind it move up.
    this.opened = new Set([...this.opened].filter((each) => each !== n).map((each) => (each > n ? each - 1 : each)));
    goTo(this, '.add select');
    this.edit(remove(this.scenario, `${LIST}[${n}]`));
  }

  /** Nothing is drawn that nobody sees. */
  protected override shouldUpdate() {
    return this.closest('details')?.open ?? true;
  }

  protected override render() {
    const kinds = changes();
    return html`<ol class="interventions">${repeat(this.order, (n) => n, (n) => this.row(n, kinds))}</ol>
      ${this.adding(kinds)}
      ${this.variants()}`;
  }

  private row(n: number, kinds: Kind[]) {
    const { scenario } = this;
    const path = `${LIST}[${n}]`;
    const change = read(scenario, `${path}.change`) ?? '';
    const name = read(scenario, `${path}.text`) ?? read(scenario, `${path}.name`) ?? '';
    const when = read(scenario, `${path}.at`) ?? `on ${read(scenario, `${path}.on`) ?? '?'}`;
    const title = `${when}: ${change}`;
    const wrong = this.problems.some((p) => p.severity === 'error' && p.path.startsWith(`${path}.`));
    const open = this.opened.has(n);
    const entry = scenario.timeline?.[n] as unknown as Record<string, unknown>;
    return html`<li id="row-${n}" tabindex="-1" aria-label=${title}>
      <p class="what"><b>${when}</b> ${change} <span class="soft">${name}</span>${wrong ? html` <b class="error">to be looked at</b>` : nothing}</p>
      ${this.slider(n, path, title)}
      <p class="acts">
        <button type="button" aria-expanded=${open} aria-label="Edit ${title}" @click=${() => this.flip(n)}>Edit</button>
        <button type="button" aria-label="Without this: ${title}" @click=${() => this.leave(n, path, title)}>Without this</button>
        <button type="button" aria-label="Duplicate ${title}" @click=${() => this.add(change, '', entry)}>Duplicate</button>
        <button type="button" aria-label="Remove ${title}" @click=${() => this.drop(n)}>Remove</button>
      </p>
      ${open ? this.keys(path, kinds, change) : nothing}
    </li>`;
  }

  private flip(n: number) {
    const next = new Set(this.opened);
    if (!next.delete(n)) next.add(n);
    this.opened = next;
  }

  private slider(n: number, path: string, title: string) {
    const whole = duration(this.scenario);
    const when = moment(this.scenario, n);
    if (whole === null || when === null) return nothing;
    const slid = (event: Event) => this.turn(`${path}.at`, atMoment(Number((event.target as HTMLInputElement).value)));
    return html`<input type="range" min="0" max=${whole} step=${step(whole)} aria-label="${title}, when it begins" .value=${live(String(when))}
      aria-valuetext=${read(this.scenario, `${path}.at`) ?? ''} @input=${slid} @change=${() => this.arrange()}>`;
  }

  /** What the kind takes, what every entry has, and what is written besides, each with its problem. */
  private keys(path: string, kinds: Kind[], change: string) {
    const kind = kinds.find(({ name }) => name === change);
    const taken = new Set(kind?.takes.split(', ') ?? []);
    const someTake = new Set(kinds.flatMap(({ takes }) => takes.split(', ')));
    const all = [...keys().keys()].flatMap((key) => (key.startsWith(`${LIST}[].`) ? [key.slice(LIST.length + 3)] : []));
    const has = (key: string) => taken.has(key) || !someTake.has(key) || read(this.scenario, `${path}.${key}`) !== undefined;
    const pick = (event: Event) => this.turn(`${path}.change`, (event.target as HTMLSelectElement).value);
    return html`<div class="keys">
      <label>change <select @change=${pick}>${options(kinds, change)}</select></label>
      <p class="hint">${kind?.gloss}</p>
      ${at(this.problems, `${path}.change`).map(({ severity, message }) => html`<p class=${severity}>${message}</p>`)}
      ${repeat(all.filter((key) => key !== 'change' && has(key)), (key) => key, (key) => html`<pool-box .path=${`${path}.${key}`} .label=${key}
        .text=${read(this.scenario, `${path}.${key}`) ?? ''} .otherwise=${unwritten(this.scenario, `${path}.${key}`)}
        .problems=${at(this.problems, `${path}.${key}`)}
        @turn=${(event: CustomEvent<string>) => this.turn(`${path}.${key}`, event.detail)}
        @change=${() => this.arrange()}></pool-box>`)}
    </div>`;
  }

  private adding(kinds: Kind[]) {
    const next = this.next || (kinds[0]?.name ?? '');
    return html`<p class="add"><label>Add <select @change=${(event: Event) => (this.next = (event.target as HTMLSelectElement).value)}>${options(kinds, next)}</select></label>
      <button type="button" @click=${() => this.add(next, kinds.find(({ name }) => name === next)?.takes.split(', ')[0])}>Add to the timeline</button></p>`;
  }

  private variants() {
    const all = this.scenario.variant ?? [];
    if (all.length === 0) return nothing;
    return html`<h3>What might have been done</h3>
      <ul class="variants">${all.map((variant) => html`<li>
        <button type="button" aria-label="Apply ${variant.name}" @click=${() => this.suppose(applied(this.scenario, (variant.set ?? []).map(String)), `with “${variant.name}”`)}>Apply</button>
        <span>${variant.name}<br><code>${variant.set?.join(', ')}</code></span></li>`)}</ul>`;
  }
}

const options = (kinds: Kind[], change: string) => html`
  ${change !== '' && !kinds.some(({ name }) => name === change) ? html`<option .selected=${live(true)}>${change}</option>` : nothing}
  ${kinds.map(({ name, gloss }) => html`<option value=${name} title=${gloss} .selected=${live(name === change)}>${name}</option>`)}`;

if (!customElements.get('pool-interventions')) customElements.define('pool-interventions', PoolInterventions);
