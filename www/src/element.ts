// <pool-planner>: the planner. It starts when it comes into sight. What a page that embeds it can say, all of it optional:
//   attributes  example (the bundled scenario to begin with), scenario (JSON, or the "v1.…" of a link), compact (fewer tools),
//               theme (light or dark, else the page's), home (the planner's own page, which links lead to),
//               linked (for that page alone: keeps the scenario in the address)
//   properties  scenario (takes an object too), report, recommendation (null until they are there)
//   events      planner-change (somebody edited), planner-answer (simulated): detail { scenario, recommendation, report }
//   slots       heading, footer, loading (what is seen until the simulator is there)
//   parts       those of out/parts.ts
import { examples } from '../pkg/poolwise.js';
import type { Scenario } from '../pkg/poolwise.js';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { alerts } from './views/alerts.js';
import { answer, sentence } from './views/answer.js';
import './views/chart.js';
import './out/copy.js';
import './out/export.js';
import { Teller } from './out/events.js';
import { type Given, opened } from './out/given.js';
import { onPaper } from './out/leaves.js';
import { nameParts } from './out/parts.js';
import { Printing } from './out/print.js';
import { elsewhere } from './inputs/form.js';
import { applied, type Supposed, supposed } from './inputs/counterfactual.js';
import { inputs } from './inputs/inputs.js';
import type { PoolImport } from './inputs/import.js';
import { tools } from './inputs/tools.js';
import { messageOf } from './problems.js';
import { pinned } from './views/pinned.js';
import { playheadOf } from './views/playhead.js';
import { run } from './views/run.js';
import { Session } from './state/session.js';
import { sizing } from './views/sizing.js';
import { ask, type Asked } from './state/address.js';
import { toHash, type View } from './state/link.js';
import { Past } from './state/past.js';
import { sheets } from './style.js';
import { start } from './engine/wasm.js';
import { whatIf } from './views/what-if.js';

/** What an entry of the history brings back. */
interface Seen {
  scenario: Scenario;
  example: string;
}

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
  // The example that Reset leads back to: of the attribute, the address or the list.
  @state() private base = '';
  private readonly past: Past<Seen> = new Past<Seen>(this, {
    hashOf: ({ scenario }) => this.hashOf(scenario),
    restore: (seen) => this.restore(seen),
    arrive: async () => this.show(await this.ask()),
  });
  // What the link tells that it is compared with.
  private pinned: Scenario | undefined;
  private examples: ReturnType<typeof examples> | undefined;
  private given: Given | null = null;
  private readonly teller = new Teller(this);
  protected readonly printing = new Printing(this);
  private readonly sight = new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) void this.begin();
  });

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
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.sight.disconnect();
    // Whoever moves the planner within a page keeps what was entered.
    if (this.session) this.given = this.session.scenario;
    this.session?.close();
    this.session = null;
  }

  private async begin() {
    this.sight.disconnect();
    try {
      await start();
      const found = this.linked ? await this.ask() : {};
      const given = this.given !== null && !found.scenario ? { ...found, ...(await opened(this.given)) } : found;
      if (!this.isConnected || this.session) return;
      this.session = new Session(this.chosen(), () => this.changed());
      this.past.begin(this.show(given));
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
    if (this.given === given) this.show(found ?? {});
  }

  private ask(): Promise<Asked> {
    return ask(location.hash, this.offered(), this.chosen());
  }

  /** Open what the address holds; without a link, or with one that can not be read, the example. */
  private show(asked: Asked): Seen {
    const { scenario, example = this.base, notice, pinned, view } = { ...asked, ...this.known(asked) };
    this.base = example;
    if (pinned) {
      this.session?.open(pinned);
      this.session?.pin();
    }
    this.set(scenario);
    if (this.session && typeof view?.at === 'number') playheadOf(this.session).begin(view.at);
    this.notice = notice ?? null;
    return { scenario, example };
  }

  /** What a link brings is the example itself where nothing of it was changed; else Reset leads to the example of that name. */
  private known({ scenario = this.chosen(), example }: Asked): { scenario: Scenario; example?: string } {
    const like = this.offered().find((one) => one.name === example || one.scenario.name === scenario.name);
    if (!like) return { scenario };
    const same = JSON.stringify(like.scenario) === JSON.stringify(scenario);
    return { scenario: same ? like.scenario : scenario, example: example ?? like.name };
  }

  private restore({ scenario, example }: Seen) {
    this.base = example;
    this.set(scenario);
    if (this.session) this.teller.change(this.session);
  }

  private offered() {
    return (this.examples ??= examples());
  }

  private chosen(): Scenario {
    const found = this.offered().find(({ name }) => name === this.base) ?? this.offered()[0];
    if (!found) throw new Error('no example is bundled');
    return found.scenario;
  }

  /** Take another scenario as an edit, which can be undone. */
  private open(scenario: Scenario, byHand = true) {
    this.set(scenario);
    if (!byHand) return;
    this.past.note({ scenario, example: this.base });
    if (this.session) this.teller.change(this.session);
  }

  private swap(session: Session) {
    const then = session.pinned?.scenario;
    session.pin();
    if (then) this.open(then);
  }

  private set(scenario: Scenario) {
    this.notice = null;
    this.session?.open(scenario);
    void this.remember(scenario);
  }

  private async remember(scenario: Scenario) {
    const pinned = (this.pinned = this.session?.pinned?.scenario);
    const hash = await this.hashOf(scenario);
    if (this.session?.scenario === scenario && this.pinned === pinned) this.hash = hash;
  }

  private hashOf(scenario: Scenario, view?: View): Promise<string> {
    return toHash(scenario, { ...(this.pinned ? { pinned: this.pinned } : {}), ...(view ? { view } : {}) });
  }

  /** A link to what is seen: the moment of the run too, where somebody went to one. */
  private async link(session: Session): Promise<string> {
    const { time } = playheadOf(session);
    const hash = time > 0 ? await this.hashOf(session.scenario, { at: time }) : this.hash;
    return this.address + hash;
  }

  private get address(): string {
    return this.linked ? location.href.split('#')[0]! : this.home;
  }

  private pick(name: string) {
    this.base = name;
    this.open(this.chosen());
  }

  /** The dialogue that imports is loaded when it is needed. */
  private async bringIn(files?: FileList) {
    const dialogue = this.renderRoot.querySelector<PoolImport>('pool-import');
    try {
      await import('./inputs/import.js');
      await (files ? dialogue?.take([...files]) : dialogue?.open());
    } catch (thrown) {
      this.notice = messageOf(thrown);
    }
  }

  /** Files may be dropped anywhere on the planner. */
  private drop(event: DragEvent) {
    if (this.compact || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (event.type === 'drop') void this.bringIn(event.dataTransfer.files);
  }

  private suppose(found: Supposed) {
    this.open(found.scenario);
    this.notice = supposed(found);
  }

  protected override willUpdate(changed: PropertyValues<this>) {
    if (changed.has('example')) {
      this.base = this.example;
      if (this.session && this.example) this.open(this.chosen(), false);
    }
    // A link tells what is pinned too.
    if (this.session && this.session.pinned?.scenario !== this.pinned) void this.remember(this.session.scenario);
  }

  protected override updated() {
    nameParts(this.renderRoot);
  }

  protected override render() {
    const failure = this.failure ?? this.session?.failure;
    return html`<slot name="heading"></slot>
      ${this.notice ? html`<p class="notice" role="status">${this.notice}</p>` : nothing}
      ${failure ? html`<p class="notice failure" role="alert">The simulator could not run: ${failure}</p>` : nothing}
      ${this.session ? this.planner(this.session) : failure ? nothing : html`<slot name="loading"></slot><p class="loading">Loading the simulator…</p>`}
      <slot name="footer"></slot>`;
  }

  private planner(session: Session) {
    const { scenario, problems, leads } = session;
    const others = elsewhere({ scenario, problems });
    const entered = inputs({
      scenario,
      problems,
      edit: (changed) => this.open(changed),
      focus: this.shadowRoot?.activeElement?.id,
      refresh: () => this.requestUpdate(),
      suppose: (found) => this.suppose(found),
    });
    const apply = (set: string[]) => this.suppose({ ...applied(scenario, set), what: set.join(', ') });
    return html`<h2 class="unseen">Planner</h2>
      ${this.tools(session)}
      ${others.length > 0 ? html`<div role="alert"><ul class="problems">${others.map((p) => html`<li class=${p.severity}><code>${p.path}</code> ${p.message}</li>`)}</ul></div>` : nothing}
      <div class="columns" @dragover=${this.drop} @drop=${this.drop}>
        ${answer(session)}
        ${this.compact ? html`<details class="inputs card"><summary>Change the inputs</summary>${entered}</details>` : html`<div class="inputs card">${entered}</div>`}
        <div class="results">${this.compact ? nothing : pinned(session, () => this.swap(session))} ${leads === 'run' ? [run(session), this.compact ? nothing : alerts(session), sizing(session)] : [sizing(session), run(session)]} ${whatIf(session, apply)} ${onPaper(scenario)}</div>
      </div>`;
  }

  private tools(session: Session) {
    if (this.compact) return this.home ? html`<p class="tools"><a href=${this.home + this.hash}>Open in the planner</a></p>` : nothing;
    const link = () => this.link(session);
    return html`<div class="tools" @dragover=${this.drop} @drop=${this.drop}>
      ${tools({
        examples: this.offered(),
        scenario: session.scenario,
        past: this.past,
        pick: (name) => this.pick(name),
        bringIn: () => void this.bringIn(),
        reset: () => this.open(this.chosen()),
      })}
      <span class="gap"></span>
      ${this.home ? html`<pool-copy class="share" label="Copy link" .text=${link}></pool-copy>` : nothing}
      <pool-copy label="Copy answer" .text=${() => sentence(session)}></pool-copy>
      <pool-export .session=${session} .link=${() => (this.home ? this.address + this.hash : '')}></pool-export>
      <pool-import @use=${(event: CustomEvent<Scenario>) => this.open(event.detail)}></pool-import>
    </div>`;
  }
}

if (!customElements.get('pool-planner')) customElements.define('pool-planner', PoolPlanner);

declare global {
  interface HTMLElementTagNameMap {
    'pool-planner': PoolPlanner;
  }
}
