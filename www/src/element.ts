// <pool-planner>: the planner. `example` chooses the scenario to begin with, `compact` leaves out the tools, `linked`
// (for the planner's own page) keeps the scenario in the address.
import { examples } from '../pkg/poolwise.js';
import type { Scenario } from '../pkg/poolwise.js';
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { alerts } from './views/alerts.js';
import { answer, sentence } from './views/answer.js';
import './views/chart.js';
import './out/copy.js';
import './inputs/field.js';
import { elsewhere, form } from './inputs/form.js';
import { messageOf } from './problems.js';
import { pinned } from './views/pinned.js';
import { run } from './views/run.js';
import { Session } from './state/session.js';
import { sizing } from './views/sizing.js';
import { source } from './inputs/source.js';
import { fromHash, type Opened, toHash } from './state/link.js';
import { sheets } from './style.js';
import { start } from './engine/wasm.js';
import { whatIf } from './views/what-if.js';

// Browsers refuse an address that changes too often, in milliseconds.
const SETTLE = 300;
const HOME = new URL(/* @vite-ignore */ './', import.meta.url).href;

export class PoolPlanner extends LitElement {
  static override styles = sheets;
  @property() example = '';
  @property({ type: Boolean }) compact = false;
  @property({ type: Boolean }) linked = false;
  @state() private session: Session | null = null;
  @state() private failure: string | null = null;
  @state() private notice: string | null = null;
  @state() private hash = '';
  private saving = 0;
  private examples: ReturnType<typeof examples> | undefined;
  private readonly sight = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) void this.begin();
  });
  private readonly followed = () => void this.follow();

  override connectedCallback() {
    super.connectedCallback();
    this.sight.observe(this);
    if (this.linked) addEventListener('hashchange', this.followed);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.sight.disconnect();
    removeEventListener('hashchange', this.followed);
    clearTimeout(this.saving);
    this.session?.close();
    this.session = null;
  }

  private async begin() {
    this.sight.disconnect();
    try {
      await start();
      const found = this.linked ? await fromHash(location.hash) : null;
      if (!this.isConnected) return;
      this.session = new Session(this.chosen(), () => this.requestUpdate());
      this.show(found);
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }

  private async follow() {
    if (location.hash !== this.hash) this.show(await fromHash(location.hash));
  }

  /** Open what the address holds; without a link, or with one that can not be read, the example. */
  private show(found: Opened) {
    this.open(found && 'scenario' in found ? found.scenario : this.chosen(), false);
    if (found && 'notice' in found) this.notice = `${found.notice} This is the example instead.`;
  }

  private chosen(): Scenario {
    this.examples ??= examples();
    const found = this.examples.find(({ name }) => name === this.example) ?? this.examples[0];
    if (!found) throw new Error('no example is bundled');
    return found.scenario;
  }

  private open(scenario: Scenario, keep = true) {
    this.notice = null;
    clearTimeout(this.saving);
    this.session?.open(scenario);
    void this.remember(scenario, keep);
  }

  private swap(session: Session) {
    const then = session.pinned?.scenario;
    session.pin();
    if (then) this.open(then);
  }

  private async remember(scenario: Scenario, keep: boolean) {
    const hash = await toHash(scenario);
    if (this.session?.scenario !== scenario) return;
    this.hash = hash;
    if (!this.linked || !keep) return;
    clearTimeout(this.saving);
    this.saving = window.setTimeout(() => history.replaceState(null, '', hash), SETTLE);
  }

  private pick(event: Event) {
    this.example = (event.target as HTMLSelectElement).value;
    this.open(this.chosen());
  }

  protected override render() {
    const failure = this.failure ?? this.session?.failure;
    return html`${this.notice ? html`<p class="notice" role="status">${this.notice}</p>` : nothing}
      ${failure ? html`<p class="notice failure" role="alert">The simulator could not run: ${failure}</p>` : nothing}
      ${this.session ? this.planner(this.session) : failure ? nothing : html`<p class="loading">Loading the simulator…</p>`}`;
  }

  private planner(session: Session) {
    const { scenario, problems, leads } = session;
    const edit = (changed: Scenario) => this.open(changed);
    const others = elsewhere({ scenario, problems });
    const inputs = html`${form({ scenario, problems, edit })} ${source(scenario, edit)}`;
    return html`${this.tools(session)}
      ${others.length > 0 ? html`<ul class="problems" role="alert">${others.map((p) => html`<li class=${p.severity}><code>${p.path}</code> ${p.message}</li>`)}</ul>` : nothing}
      <div class="columns">
        ${answer(session)}
        ${this.compact ? html`<details class="inputs card"><summary>Change the inputs</summary>${inputs}</details>` : html`<div class="inputs card">${inputs}</div>`}
        <div class="results">${this.compact ? nothing : pinned(session, () => this.swap(session))} ${leads === 'run' ? [run(session), this.compact ? nothing : alerts(session), sizing(session)] : [sizing(session), run(session)]} ${whatIf(session)}</div>
      </div>`;
  }

  private tools(session: Session) {
    if (this.compact) return html`<p class="tools"><a href=${HOME + this.hash}>Open in the planner</a></p>`;
    const link = () => (this.linked ? location.href.split('#')[0] : HOME) + this.hash;
    const own = session.scenario !== this.chosen();
    return html`<div class="tools">
      <label>Example <select @change=${this.pick}>
        <option hidden .selected=${live(own)}>your own</option>
        ${this.examples?.map(({ name, title, scenario }) => html`<option value=${name} .selected=${live(scenario === session.scenario)}>${title}</option>`)}
      </select></label>
      <button type="button" class="reset" @click=${() => this.open(this.chosen())}>Reset</button>
      <span class="gap"></span>
      <pool-copy class="share" label="Copy link" .text=${link}></pool-copy>
      <pool-copy label="Copy answer" .text=${() => sentence(session)}></pool-copy>
    </div>`;
  }
}

if (!customElements.get('pool-planner')) customElements.define('pool-planner', PoolPlanner);
