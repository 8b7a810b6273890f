// <pool-planner>: the planner. It starts when it comes into sight. What a page that embeds it can say, all of it optional:
//   attributes  example (the bundled scenario to begin with), scenario (JSON, or the "v1.…" of a link), compact (fewer tools),
//               theme (light or dark, else the page's), home (the planner's own page, which links lead to),
//               linked (for that page alone: keeps the scenario in the address)
//   properties  scenario (takes an object too), report, recommendation (null until they are there)
//   events      planner-change (somebody edited), planner-answer (simulated): detail { scenario, recommendation, report }
//   slots       heading, footer
//   parts       those of out/parts.ts
import { examples } from '../pkg/poolwise.js';
import type { Scenario } from '../pkg/poolwise.js';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { answer, sentence } from './views/answer.js';
import './views/chart.js';
import './out/copy.js';
import './out/export.js';
import { Teller } from './out/events.js';
import { type Given, opened } from './out/given.js';
import { onPaper } from './out/leaves.js';
import { nameParts } from './out/parts.js';
import { Printing } from './out/print.js';
import './inputs/field.js';
import { elsewhere, form } from './inputs/form.js';
import { messageOf } from './problems.js';
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
// The planner's page lies beside this file; where it does not, the build says so.
const HOME: string = import.meta.env.VITE_HOME ?? new URL(/* @vite-ignore */ './', import.meta.url).href;

export type { PlannerDetail, PlannerEvent } from './out/events.js';

export class PoolPlanner extends LitElement {
  static override styles = sheets;
  @property() example = '';
  @property({ type: Boolean }) compact = false;
  @property({ type: Boolean }) linked = false;
  @property({ reflect: true }) theme: string | null = null;
  @property() home = HOME;
  @state() private session: Session | null = null;
  @state() private failure: string | null = null;
  @state() private notice: string | null = null;
  @state() private hash = '';
  private saving = 0;
  private examples: ReturnType<typeof examples> | undefined;
  private given: Given | null = null;
  private readonly teller = new Teller(this);
  protected readonly printing = new Printing(this);
  private readonly sight = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) void this.begin();
  });
  private readonly followed = () => void this.follow();

  get scenario(): Scenario | null {
    return this.session?.scenario ?? (typeof this.given === 'object' ? this.given : null);
  }
  @property() set scenario(given: Given | null) {
    this.given = given;
    if (!this.session || given === null) return;
    if (typeof given === 'object') this.open(given, false);
    else void this.take(given);
  }

  get report() {
    return this.session?.report ?? null;
  }

  get recommendation() {
    return this.session?.recommendation ?? null;
  }

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
    // Whoever moves the planner within a page keeps what was entered.
    if (this.session) this.given = this.session.scenario;
    this.session?.close();
    this.session = null;
  }

  private async begin() {
    this.sight.disconnect();
    try {
      await start();
      const linked = this.linked ? await fromHash(location.hash) : null;
      const found = linked ?? (this.given === null ? null : await opened(this.given));
      if (!this.isConnected || this.session) return;
      this.session = new Session(this.chosen(), () => this.changed());
      this.show(found);
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }

  private changed() {
    this.requestUpdate();
    if (this.session) this.teller.look(this.session);
  }

  private async take(given: string) {
    const found = await opened(given);
    if (this.given === given) this.show(found);
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

  private open(scenario: Scenario, byHand = true) {
    this.notice = null;
    clearTimeout(this.saving);
    this.session?.open(scenario);
    void this.remember(scenario, byHand);
    if (this.session && byHand) this.teller.change(this.session);
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

  protected override willUpdate(changed: PropertyValues<this>) {
    if (this.session && changed.has('example') && this.session.scenario !== this.chosen()) this.open(this.chosen(), false);
  }

  protected override updated() {
    nameParts(this.renderRoot);
  }

  protected override render() {
    const failure = this.failure ?? this.session?.failure;
    return html`<slot name="heading"></slot>
      ${this.notice ? html`<p class="notice" role="status">${this.notice}</p>` : nothing}
      ${failure ? html`<p class="notice failure" role="alert">The simulator could not run: ${failure}</p>` : nothing}
      ${this.session ? this.planner(this.session) : failure ? nothing : html`<p class="loading">Loading the simulator…</p>`}
      <slot name="footer"></slot>`;
  }

  private planner(session: Session) {
    const { scenario, problems, leads } = session;
    const edit = (changed: Scenario) => this.open(changed);
    const others = elsewhere({ scenario, problems });
    const inputs = html`${form({ scenario, problems, edit })} ${source(scenario, edit)}`;
    return html`<h2 class="unseen">Planner</h2>
      ${this.tools(session)}
      ${others.length > 0 ? html`<div role="alert"><ul class="problems">${others.map((p) => html`<li class=${p.severity}><code>${p.path}</code> ${p.message}</li>`)}</ul></div>` : nothing}
      <div class="columns">
        ${answer(session)}
        ${this.compact ? html`<details class="inputs card"><summary>Change the inputs</summary>${inputs}</details>` : html`<div class="inputs card">${inputs}</div>`}
        <div class="results">${leads === 'run' ? [run(session), sizing(session)] : [sizing(session), run(session)]} ${whatIf(session)} ${onPaper(scenario)}</div>
      </div>`;
  }

  private tools(session: Session) {
    if (this.compact) return this.home ? html`<p class="tools"><a href=${this.home + this.hash}>Open in the planner</a></p>` : nothing;
    const link = () => (this.linked ? location.href.split('#')[0] : this.home) + this.hash;
    const own = session.scenario !== this.chosen();
    return html`<div class="tools">
      <label>Example <select @change=${this.pick}>
        <option hidden .selected=${live(own)}>your own</option>
        ${this.examples?.map(({ name, title, scenario }) => html`<option value=${name} .selected=${live(scenario === session.scenario)}>${title}</option>`)}
      </select></label>
      <button type="button" class="reset" @click=${() => this.open(this.chosen())}>Reset</button>
      <span class="gap"></span>
      ${this.home ? html`<pool-copy class="share" label="Copy link" .text=${link}></pool-copy>` : nothing}
      <pool-copy label="Copy answer" .text=${() => sentence(session)}></pool-copy>
      <pool-export .session=${session} .link=${() => (this.home ? link() : '')}></pool-export>
    </div>`;
  }
}

if (!customElements.get('pool-planner')) customElements.define('pool-planner', PoolPlanner);

declare global {
  interface HTMLElementTagNameMap {
    'pool-planner': PoolPlanner;
  }
}
