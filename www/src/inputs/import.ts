// <pool-import>: a dialogue that reads files, dropped, chosen or pasted, and shows what was read before it replaces anything.
import { predict } from '../../pkg/poolwise.js';
import type { Problem, Scenario } from '../../pkg/poolwise.js';
import { html, LitElement, nothing } from 'lit';
import { state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { messageOf, problemsIn } from '../problems.js';
import { type Given, guess, imported, type Imported, importers, type Kind, SCENARIO, type Source, sourceOf } from './importer.js';

// Larger files freeze the page; the command line reads them.
const MOST = 64_000_000;
// A longer text is read as a file is: a box that shows it freezes the page.
const LONG = 200_000;
/** What can be said beside the files, with an example of each. */
const BESIDES = [['observed', '6h'], ['rate', '200/s'], ['hold', 'exponential(mean=20ms)'], ['unit', 'ms'], ['every', '1m'], ['at', '2026-01-05 12:00:00+00']] as const;
// How long the hands must rest before a text is read, in milliseconds.
const REST = 250;

export class PoolImport extends LitElement {
  @state() private kinds: Kind[] = [SCENARIO];
  @state() private kind = '';
  @state() private files: Source[] = [];
  @state() private text = '';
  @state() private given: Given = {};
  @state() private found: Imported | null = null;
  @state() private problems: Problem[] = [];
  @state() private failure: string | null = null;
  @state() private reading = false;
  private readings = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  protected override createRenderRoot() {
    return this;
  }

  async open() {
    await this.updateComplete;
    this.text = '';
    this.given = {};
    this.start([]);
    this.querySelector<HTMLInputElement>('input[type=file]')!.value = '';
    this.querySelector('dialog')!.showModal();
    void this.offer();
  }

  /** Files that were dropped somewhere: read at once. */
  async take(files: Iterable<File>) {
    if (!this.querySelector('dialog')?.open) await this.open();
    // What was said beside other files is not true of these.
    this.given = {};
    const all = [...files];
    if (all.reduce((sum, { size }) => sum + size, 0) > MOST) {
      this.failure = 'The files are too large for this page: the command line reads them (poolwise import).';
      return;
    }
    try {
      await this.read(await Promise.all(all.map(sourceOf)));
    } catch (thrown) {
      this.start([]);
      this.failure = messageOf(thrown);
    }
  }

  private pasted(event: ClipboardEvent) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length <= LONG) return;
    event.preventDefault();
    void this.take([new File([text], 'pasted text')]);
  }

  private start(files: Source[]) {
    this.files = files;
    this.kind = '';
    this.forget();
  }

  private typed(text: string) {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read(text.trim() === '' ? [] : [{ name: 'pasted text', text }]), REST);
  }

  private forget() {
    this.readings += 1;
    this.found = this.failure = null;
    this.problems = [];
    this.reading = false;
  }

  private async offer() {
    try {
      this.kinds = [SCENARIO, ...(await importers()).kinds()];
    } catch {
      // Scenarios can be opened without the importers.
      this.failure = 'The importers could not be loaded: only scenarios can be opened now.';
    }
  }

  private async read(files: Source[]) {
    this.start(files);
    if (files.length === 0) return;
    const reading = this.readings;
    const kind = await guess(files[0]!.text).catch(() => undefined);
    if (reading !== this.readings) return;
    this.kind = kind ?? '';
    await this.again();
  }

  /** Read the same files once more, as another kind or with more given. */
  private async again() {
    this.forget();
    if (this.files.length === 0 || this.kind === '') return;
    const reading = this.readings;
    this.reading = true;
    try {
      const found = await imported(this.kind, this.files, this.given);
      if (reading !== this.readings) return;
      this.found = found;
      this.problems = problemsOf(found.scenario);
    } catch (thrown) {
      if (reading !== this.readings) return;
      this.problems = problemsIn(thrown) ?? [];
      this.failure = this.problems.length > 0 ? null : messageOf(thrown);
    }
    this.reading = false;
  }

  protected override render() {
    const close = () => this.querySelector('dialog')!.close();
    const chosen = (event: Event) => void this.take((event.target as HTMLInputElement).files ?? []);
    const typed = (event: Event) => this.typed((event.target as HTMLTextAreaElement).value);
    const hint = this.kinds.find(({ name }) => name === this.kind)?.hint;
    return html`<dialog aria-labelledby="import-title">
      <h3 id="import-title">Import</h3>
      <p class="hint">Nothing leaves this page, and nothing is replaced before you say so.</p>
      <label class="row">Files <input type="file" multiple @change=${chosen}></label>
      <label class="row">or paste a text <textarea rows="4" spellcheck="false" .value=${live(this.text)} @input=${typed} @paste=${(event: ClipboardEvent) => this.pasted(event)}></textarea></label>
      <label class="row">It is <select @change=${(event: Event) => this.pick(event)}>
        <option value="" .selected=${live(this.kind === '')}>${this.files.length > 0 ? 'not recognised: choose what it is' : 'recognised by itself'}</option>
        ${this.kinds.map(({ name, title }) => html`<option value=${name} .selected=${live(name === this.kind)}>${title}</option>`)}
      </select></label>
      ${hint ? html`<p class="hint how">${asHint(hint)}</p>` : nothing}
      ${this.kind !== '' && this.kind !== SCENARIO.name ? this.besides() : nothing}
      <div aria-live="polite">${this.outcome()}</div>
      <p class="acts"><button type="button" class="use" aria-disabled=${!this.usable} @click=${() => this.confirm()}>Use this</button>
        <button type="button" @click=${close}>Cancel</button></p>
    </dialog>`;
  }

  private pick(event: Event) {
    this.kind = (event.target as HTMLSelectElement).value;
    void this.again();
  }

  /** What the files do not say. What is asked for, or complained of, stands first; the rest is there for who knows more. */
  private besides() {
    const speaksOf = (key: string) => this.problems.filter(({ path, message }) => path === `--${key}` || message.includes(`--${key}`));
    const asked = (key: string) => key in this.given || speaksOf(key).length > 0;
    const box = ([key, example]: readonly [string, string]) => {
      const wrong = speaksOf(key).some(({ severity }) => severity === 'error');
      return html`<label>${key} <input type="text" autocomplete="off" spellcheck="false" placeholder=${example} aria-invalid=${wrong}
        .value=${live(this.given[key] ?? '')} @input=${(event: Event) => this.give(key, (event.target as HTMLInputElement).value)} @change=${() => void this.again()}></label>`;
    };
    const rest = BESIDES.filter(([key]) => !asked(key));
    return html`<fieldset class="besides"><legend>What the files do not say</legend>${BESIDES.filter(([key]) => asked(key)).map(box)}
      ${rest.length > 0 ? html`<details><summary>More that can be said</summary>${rest.map(box)}</details>` : nothing}</fieldset>`;
  }

  private give(key: string, text: string) {
    const { [key]: _, ...rest } = this.given;
    this.given = text.trim() === '' ? rest : { ...rest, [key]: text };
  }

  private outcome() {
    if (this.reading) return html`<p class="hint">Reading…</p>`;
    const { found, problems, failure, files, kind } = this;
    const unknown = files.length > 0 && kind === '' && !failure;
    return html`${unknown ? html`<p class="error">Nobody here knows what this is: say above what it is, or open a scenario, an export or a table of
      numbers.</p>` : nothing}
      ${failure ? html`<p class="error">${failure}</p>` : nothing}
      ${found ? html`<h4>What was read${this.files.length > 0 ? ` from ${this.files.map(({ name }) => name).join(', ')}` : ''}</h4>
        <ul class="notes">${found.notes.map((note) => html`<li>${note}</li>`)}</ul>
        <pre tabindex="0" role="region" aria-label="The scenario that was read">${JSON.stringify(found.scenario, null, 2).slice(0, 20_000)}</pre>` : nothing}
      ${problems.length > 0 ? html`<ul class="problems">${problems.map((p) => html`<li class=${p.severity}><code>${asBoxes(p.path)}</code> ${asBoxes(p.message)}</li>`)}</ul>` : nothing}`;
  }

  private get usable(): boolean {
    return this.found !== null && !this.reading;
  }

  private confirm() {
    if (!this.found || !this.usable) return;
    this.querySelector('dialog')!.close();
    this.dispatchEvent(new CustomEvent<Scenario>('use', { detail: this.found.scenario }));
  }
}

/** What the command line asks for as an option is a box here. */
const asBoxes = (message: string): string => BESIDES.reduce((text, [key]) => text.replaceAll(`--${key}`, `“${key}”`), message);
/** How to come by a file, without what to do with it on the command line. */
const asHint = (hint: string): string => asBoxes(hint.replace(/( && )?\bpoolwise import .*$/gm, '').replace(/\n\s*\n/g, '\n').trim());

function problemsOf(scenario: Scenario): Problem[] {
  try {
    return predict(scenario).cautions;
  } catch (thrown) {
    return problemsIn(thrown) ?? [{ path: '', severity: 'error', message: messageOf(thrown) }];
  }
}

if (!customElements.get('pool-import')) customElements.define('pool-import', PoolImport);
