// The form: one field per knob, in the library's order. What the knobs can not write has a box for its text.
import { knobs } from '../../pkg/poolwise.js';
import type { Knob, Problem, Scenario } from '../../pkg/poolwise.js';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { at, complaint } from './complaint.js';
import { hasPlainHold, hasPlainObjective, hasPlainRate, home, textOf, turn } from './knobs.js';
import { fieldAt } from './paths.js';
import { preset } from './preset.js';
import { shipped } from './presets.js';
import { complaintOf } from './understood.js';
import { read, write } from './scenario.js';

export interface Form {
  scenario: Scenario;
  problems: Problem[];
  edit(scenario: Scenario): void;
  /** The id of what has the keyboard: a group does not change its kind under the hands. */
  focus?: string | undefined;
  refresh?(): void;
}

const TITLES: Record<string, string> = {
  traffic: 'Traffic',
  hold: 'How long a request holds its connection',
  fleet: 'Application',
  pool: 'Pool of one instance',
  slo: 'Objective',
};
const head = (knob: Knob): string => knob.path.split('.')[0] ?? '';

export function form(view: Form) {
  const all = knobs();
  const names = [...new Set(all.map(head))];
  return html`<form @submit=${(event: Event) => event.preventDefault()}>
    ${repeat(names, (name) => name, (name) => group(view, name, all.filter((knob) => head(knob) === name)))}
  </form>`;
}

/** The problems that no field of the form shows. */
export function elsewhere({ scenario, problems }: Pick<Form, 'scenario' | 'problems'>): Problem[] {
  const shown = new Set([...knobs().map((knob) => home(knob, scenario)), ...textPaths(scenario, 'hold'), ...textPaths(scenario, 'slo')]);
  return problems.filter((problem) => !shown.has(problem.path));
}

function group(view: Form, name: string, members: Knob[]) {
  const { scenario } = view;
  const texts = textPaths(scenario, name);
  const asText = (name === 'hold' && !hasPlainHold(scenario)) || (name === 'slo' && !hasPlainObjective(scenario)) || texts.includes(view.focus ?? '');
  return html`<fieldset class=${name}>
    <legend>${TITLES[name] ?? name}</legend>
    ${name === 'traffic' && !hasPlainRate(scenario) ? html`<p class="hint">Written under “All settings” below.</p>` : nothing}
    ${name === 'pool' ? preset(scenario, view.edit) : nothing}
    ${asText ? repeat(texts, (path) => path, (path) => textBox(view, path)) : fields(view, name, plain(scenario, members))}
  </fieldset>`;
}

/** Without the knobs that can not write what the scenario has. */
const plain = (scenario: Scenario, members: Knob[]) => members.filter((knob) => knob.path !== 'traffic.rate' || hasPlainRate(scenario));

/** What is looked for, and what is asked of it: neither is a guess. */
const isKnown = (knob: Knob, scenario: Scenario) => knob.path === 'pool.max_size' || fieldAt(home(knob, scenario))?.quantity === 'objective';

function fields(view: Form, name: string, members: Knob[]) {
  const { scenario } = view;
  const problems = (knob: Knob) => at(view.problems, home(knob, scenario));
  const shared = name === 'hold' && members[0] ? problems(members[0]) : null;
  // What nobody can read is said at its own field; the others of the group have no part in it.
  const unread = shared ? members.filter((knob) => complaintOf(knob.quantity, textOf(scenario, knob)) !== null) : [];
  const hold = shared && unread.length === 0 ? 'hold-problem' : null;
  return html`${repeat(members, (knob) => knob.path, (knob) => html`<pool-field .knob=${knob} .text=${textOf(scenario, knob)}
      .problems=${unread.length === 0 || unread.includes(knob) ? problems(knob) : []} .shared=${shared !== null} .describedBy=${hold}
      .hint=${fromPreset(scenario, knob)} .exact=${isKnown(knob, scenario)}
      @turn=${(event: CustomEvent<string>) => view.edit(turn(scenario, knob, event.detail))}></pool-field>`)}
    ${shared ? complaint('hold-problem', hold ? shared : []) : nothing}`;
}

/** What the pool's preset says of a knob, and where that stands. */
function fromPreset(scenario: Scenario, knob: Knob): string | null {
  const path = home(knob, scenario);
  const setting = shipped(scenario, path);
  if (!setting) return null;
  return read(scenario, path) === undefined ? `the preset's own: ${setting.source}` : `the preset has ${setting.value} (${setting.source})`;
}

function textPaths(scenario: Scenario, name: string): string[] {
  const list: unknown = name === 'hold' ? scenario.query : name === 'slo' ? scenario.slo : null;
  if (!Array.isArray(list)) return [];
  return list.map((_, n) => (name !== 'hold' ? `slo[${n}]` : `query[${n}].${scenario.query?.[n]?.work ? 'work' : 'hold'}`));
}

function textBox(view: Form, path: string) {
  const problems = at(view.problems, path);
  const wrong = problems.some((p) => p.severity === 'error');
  const label = read(view.scenario, path.replace(/\.(hold|work)$/, '.name')) ?? path;
  return html`<div class="field text">
    <label for=${path}>${path.startsWith('slo') ? 'Must hold' : label}</label>
    <span class="box ${wrong ? 'wrong' : ''}"><input id=${path} type="text" autocomplete="off" spellcheck="false"
      .value=${read(view.scenario, path) ?? ''} aria-invalid=${wrong} aria-describedby="${path}-problem"
      @blur=${() => view.refresh?.()}
      @input=${(event: Event) => view.edit(write(view.scenario, path, (event.target as HTMLInputElement).value))}></span>
    ${complaint(`${path}-problem`, problems)}
  </div>`;
}
