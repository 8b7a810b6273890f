// The scenario as it would have been: without an entry of its timeline, or with what one of its variants sets.
import { predict } from '../../pkg/poolwise.js';
import type { Problem, Scenario } from '../../pkg/poolwise.js';
import { problemsIn } from '../problems.js';
import { isNode, isTable, look, read, remove, write } from './scenario.js';

/** Lists that speak of the rest of a scenario, and may have lost what they speak of. */
const TELLING = /^((?:variant|provenance|assert)\[\d+\])/;

export interface Counterfactual {
  scenario: Scenario;
  /** What had to go too, as it speaks of what is gone. */
  lost: string[];
}

/** What is to be opened in place of the scenario, and how it differs. */
export interface Supposed extends Counterfactual {
  what: string;
}

/** What is said once it is open. */
export const supposed = ({ what, lost }: Supposed): string =>
  `This is the scenario ${what}.${lost.length > 0 ? ` What speaks of things that are gone is left out: ${lost.join('; ')}.` : ''} Undo brings the other back.`;

export const without = (scenario: Scenario, path: string): Counterfactual => sound(scenario, remove(scenario, path));

/** A variant's changes made for good; the variant itself would change nothing any more. */
export function applied(scenario: Scenario, set: string[]): Counterfactual {
  const own = (scenario.variant ?? []).findIndex((variant) => JSON.stringify(variant.set?.map(String)) === JSON.stringify(set));
  return sound(scenario, set.reduce(change, own < 0 ? scenario : remove(scenario, `variant[${own}]`)));
}

function change(scenario: Scenario, text: string): Scenario {
  const [named = '', ...rest] = text.split('=');
  const path = placed(scenario, named.trim());
  const value = rest.join('=').trim();
  if (value !== 'none' || !isNode(look(scenario, path))) return write(scenario, path, value);
  return remove(scenario, path);
}

/** A path with the places of list entries instead of their names: "timeline.fix.at" is "timeline[3].at". */
export function placed(scenario: Scenario, named: string): string {
  let path = '';
  for (const step of named.replaceAll(']', '').split(/[.[]/)) {
    const found = look(scenario, path);
    const entry = Array.isArray(found) ? found.findIndex((each: unknown) => isTable(each) && each.name === step) : -1;
    if (Array.isArray(found)) path += `[${/^\d+$/.test(step) ? step : entry}]`;
    else path += path === '' ? step : `.${step}`;
  }
  return path;
}

/** Without what tells of things that are no longer there; the scenario could not run with it. */
function sound(before: Scenario, scenario: Scenario): Counterfactual {
  const known = new Set(errors(before).map(({ path }) => path));
  const entries = new Set(errors(scenario).filter(({ path }) => !known.has(path)).flatMap(({ path }) => TELLING.exec(path)?.[1] ?? []));
  const last = (path: string) => Number(/\d+/.exec(path)?.[0]);
  const backwards = [...entries].sort((a, b) => last(b) - last(a));
  const lost = backwards.map((path) => `${path.replace(/\[.*/, '')} ${read(scenario, `${path}.name`) ?? read(scenario, `${path}.of`) ?? ''}`.trim());
  return { scenario: backwards.reduce(remove, scenario), lost: lost.reverse() };
}

function errors(scenario: Scenario): Problem[] {
  try {
    predict(scenario);
    return [];
  } catch (thrown) {
    return (problemsIn(thrown) ?? []).filter(({ severity }) => severity === 'error');
  }
}
