// <pool-settings>: every key of the catalogue, in groups by the first part of its path. What is written comes first; the rest is
// found by its name or its explanation. Nothing here knows a key.
import type { Problem, Scenario } from '../../pkg/poolwise.js';
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import './box.js';
import { candidates } from './candidates.js';
import { at as problemsAt } from './complaint.js';
import { goTo } from './focus.js';
import { unwritten } from './knobs.js';
import { type Branch, count, fieldAt, tree } from './paths.js';
import { isTable, look, place, read, remove, write } from './scenario.js';

// The most entries of one list that are shown: recordings have thousands.
const SHOWN = 40;
/** The keys that stand outside of every table. */
const ROOT = 'scenario';

export class PoolSettings extends LitElement {
  @property({ attribute: false }) scenario!: Scenario;
  @property({ attribute: false }) problems: Problem[] = [];
  @state() private opened = new Set<string>();
  @state() private whole = new Set<string>();
  // Rows that stay although nothing is written in them, as nobody is to lose the box that they type in.
  private kept = new Set<string>();

  protected override createRenderRoot() {
    return this;
  }

  private edit(scenario: Scenario) {
    this.dispatchEvent(new CustomEvent<Scenario>('edit', { detail: scenario }));
  }

  private turn(path: string, text: string) {
    this.kept.add(path);
    this.edit(text === '' && !path.endsWith(']') ? remove(this.scenario, path) : write(this.scenario, path, text));
  }

  private pick(event: Event) {
    // Whoever types on has not chosen yet; a choice from the list replaces the text.
    if (event instanceof InputEvent && event.inputType !== 'insertReplacementText') return;
    const box = event.target as HTMLInputElement;
    const path = box.value.trim();
    if (!candidates(this.scenario).some((candidate) => candidate.path === path)) return;
    box.value = '';
    this.show(path);
  }

  /** Open the row of a key, in a new entry of its list if need be, and go there. */
  private show(path: string) {
    this.kept.add(path);
    this.opened = new Set(this.opened).add(groupOf(path));
    goTo(this, `[id="at-${path}"]`);
    const entry = /^(.*)\[\d+\]/.exec(path)?.[0];
    if (path.endsWith(']')) this.edit(write(this.scenario, path, fieldAt(path)?.default ?? ''));
    else if (entry !== undefined && look(this.scenario, entry) === undefined) this.edit(place(this.scenario, entry, {}));
    this.requestUpdate();
  }

  private add(path: string, branch: Branch) {
    if (branch.field) return this.show(path);
    goTo(this, `[id="entry-${path}"]`);
    this.edit(place(this.scenario, path, {}));
  }

  private drop(path: string) {
    goTo(this, `[id="add-${path.replace(/\[\d+\]$/, '')}"]`);
    this.edit(remove(this.scenario, path));
  }

  /** Nothing is drawn that nobody sees. */
  protected override shouldUpdate() {
    return this.closest('details')?.open ?? true;
  }

  protected override render() {
    const roots = tree();
    const groups = [{ key: ROOT, list: false, field: undefined, branches: roots.filter(({ field }) => field && !field.path.includes('[')) }];
    return html`<label class="find">Add a setting
        <input type="search" list="every-key" placeholder="retry, pool.max_lifetime…" autocomplete="off" spellcheck="false" @change=${this.pick} @input=${this.pick}></label>
      <datalist id="every-key">${candidates(this.scenario).map(({ path, gloss }) => html`<option value=${path}>${gloss}</option>`)}</datalist>
      ${repeat([...groups, ...roots.filter((root) => !groups[0]!.branches.includes(root))], ({ key }) => key, (branch) => this.group(branch))}`;
  }

  private group(branch: Branch) {
    const { key } = branch;
    const path = key === ROOT ? '' : key;
    const found = key === ROOT ? branch.branches.map((leaf) => look(this.scenario, leaf.key)) : look(this.scenario, key);
    const wrong = this.problems.filter((p) => p.severity === 'error' && groupOf(p.path) === key).length;
    const open = this.opened.has(key);
    const toggled = (event: Event) => this.flip('opened', key, (event.target as HTMLDetailsElement).open);
    return html`<details class="group" ?open=${open} @toggle=${toggled}>
      <summary>${key} <small>${count(found) || 'nothing'} written${wrong ? html`, <b class="error">${wrong} to be looked at</b>` : nothing}</small></summary>
      ${open ? html`${key === ROOT ? this.table(branch, path) : this.at(branch, path)}
        <button type="button" class="more" aria-pressed=${this.whole.has(key)} @click=${() => this.flip('whole', key, !this.whole.has(key))}>Show all settings of ${key}</button>` : nothing}
    </details>`;
  }

  private flip(which: 'opened' | 'whole', key: string, on: boolean) {
    if (this[which].has(key) === on) return;
    const next = new Set(this[which]);
    if (on) next.add(key);
    else next.delete(key);
    this[which] = next;
  }

  /** Whatever stands at a path: a value, a table, or a list of either. */
  private at(branch: Branch, path: string): unknown {
    const found = look(this.scenario, path);
    // Some tables may be written as a list of them.
    if (branch.list || Array.isArray(found)) return this.list(branch, path, found);
    return branch.field && branch.branches.length === 0 ? this.row(path) : this.table(branch, path);
  }

  private table(branch: Branch, path: string) {
    const top = groupOf(path);
    const rows = branch.branches.map((below) => ({ below, at: path ? `${path}.${below.key}` : below.key }));
    return html`${repeat(rows.filter(({ below, at }) => this.isShown(below, at, top)), ({ at }) => at, ({ below, at }) => html`
      ${below.branches.length > 0 && !below.list ? html`<fieldset class="part"><legend>${at}</legend>${this.at(below, at)}</fieldset>` : this.at(below, at)}`)}`;
  }

  private isShown(branch: Branch, path: string, top: string): boolean {
    if (this.whole.has(top) || this.kept.has(path) || look(this.scenario, path) !== undefined) return true;
    return branch.branches.some((below) => this.isShown(below, `${path}.${below.key}`, top));
  }

  private list(branch: Branch, path: string, found: unknown) {
    const all = Array.isArray(found) ? found : [];
    const add = `${path}[${all.length}]`;
    return html`${all.slice(0, SHOWN).map((each, n) => this.entry(branch, `${path}[${n}]`, each))}
      ${all.length > SHOWN ? html`<p class="hint">${all.length - SHOWN} more are in the scenario as JSON.</p>` : nothing}
      <button type="button" class="add" id="add-${path}" @click=${() => this.add(add, branch)}>Add ${add}</button>`;
  }

  private entry(branch: Branch, path: string, found: unknown) {
    const drop = html`<button type="button" class="drop" aria-label="Remove ${path}" @click=${() => this.drop(path)}>Remove</button>`;
    if (branch.branches.length === 0) return html`<div class="value">${this.row(path)}${drop}</div>`;
    const name = isTable(found) && typeof found.name === 'string' ? ` ${found.name}` : '';
    return html`<fieldset class="part" id="entry-${path}" tabindex="-1"><legend>${path}${name}</legend>${this.table(branch, path)}${drop}</fieldset>`;
  }

  private row(path: string) {
    const turned = (event: CustomEvent<string>) => this.turn(path, event.detail);
    return html`<pool-box .path=${path} .text=${read(this.scenario, path) ?? ''} .otherwise=${unwritten(this.scenario, path)}
      .problems=${problemsAt(this.problems, path)} @turn=${turned}></pool-box>`;
  }
}

const groupOf = (path: string): string => {
  const head = path.split(/[.[]/)[0] ?? '';
  const leaf = fieldAt(head);
  return head === '' || (leaf && head === path) ? ROOT : head;
};

if (!customElements.get('pool-settings')) customElements.define('pool-settings', PoolSettings);
