// <pool-planner>: the planner. `example` chooses the scenario to begin with, `compact` leaves out the tools, `linked`
// (for the planner's own page) keeps the scenario in the address.
import { examples } from '../pkg/poolwise.js';
import type { Scenario } from '../pkg/poolwise.js';
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { answer } from './answer.js';
import './chart.js';
import './copy.js';
import './field.js';
import { elsewhere, form } from './form.js';
import { messageOf } from './problems.js';
import { run } from './run.js';
import { Session } from './session.js';
import { sizing } from './sizing.js';
import { source } from './source.js';
import { fromHash, toHash } from './state.js';
import { sheets } from './style.js';
import { start } from './wasm.js';

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
    this.session?.close();
    this.session = null;
  }

  private async begin() {
    this.sight.disconnect();
    try {
      await start();
      if (!this.isConnected) return;
      this.session = new Session(this.chosen(), () => this.requestUpdate());
      if (!(await this.follow())) this.open(this.chosen(), false);
    } catch (thrown) {
      this.failure = messageOf(thrown);
    }
  }

  /** Open the scenario in the address, if there is one; a link that can not be read leads to the example. */
  private async follow(): Promise<boolean> {
    if (!this.linked || location.hash === this.hash) return false;
    const found = await fromHash(location.hash);
    if (!found) return false;
    const fine = 'scenario' in found;
    this.open(fine ? found.scenario : this.chosen(), false);
    this.notice = fine ? null : `${found.notice} This is the example instead.`;
    return true;
  }

  private chosen(): Scenario {
    const all = examples();
    const found = all.find(({ name }) => name === this.example) ?? all[0];
    if (!found) throw new Error('no example is bundled');
    return found.scenario;
  }

  private open(scenario: Scenario, keep = true) {
    this.notice = null;
    this.session?.open(scenario);
    void this.remember(scenario, keep);
  }

  private async remember(scenario: Scenario, keep: boolean) {
    const hash = await toHash(scenario);
    if (this.session?.scenario !== scenario) return;
    this.hash = hash;
    if (this.linked && keep) history.replaceState(null, '', hash);
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
    const { scenario, problems, report } = session;
    const edit = (changed: Scenario) => this.open(changed);
    const others = elsewhere({ scenario, problems });
    const configured = report ? run(session, report) : nothing;
    return html`${this.tools(session)}
      ${others.length > 0 ? html`<ul class="problems" role="alert">${others.map((p) => html`<li class=${p.severity}><code>${p.path}</code> ${p.message}</li>`)}</ul>` : nothing}
      <div class="columns">
        ${answer(session)}
        <div class="inputs card">${form({ scenario, problems, edit })} ${source(scenario, edit)}</div>
        <div class="results">
          ${session.leads === 'run' ? [configured, sizing(session)] : [sizing(session), configured]}
        </div>
      </div>`;
  }

  private tools(session: Session) {
    const link = () => (this.linked ? location.href.split('#')[0] : HOME) + this.hash;
    if (this.compact) return html`<p class="tools"><a href=${HOME + this.hash}>Open in the planner</a></p>`;
    return html`<div class="tools">
      <label>Example <select @change=${this.pick}>
        ${examples().map(({ name, title }, n) => html`<option value=${name} ?selected=${name === this.example || (n === 0 && !this.example)}>${title}</option>`)}
      </select></label>
      <button type="button" class="reset" @click=${() => this.open(this.chosen())}>Reset</button>
      <span class="gap"></span>
      <pool-copy class="share" label="Copy link" .text=${link}></pool-copy>
      <pool-copy label="Copy answer" .text=${() => session.recommendation?.sentence ?? ''}></pool-copy>
    </div>`;
  }
}

if (!customElements.get('pool-planner')) customElements.define('pool-planner', PoolPlanner);
