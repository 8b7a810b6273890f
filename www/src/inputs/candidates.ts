// The settings that could be added to a scenario: every key that is not written, at every place that its lists have, and at the next.
import type { Scenario } from '../../pkg/poolwise.js';
import { type Branch, tree } from './paths.js';
import { look } from './scenario.js';

// The places of one list that are offered.
const PLACES = 20;

export interface Candidate {
  path: string;
  gloss: string;
}

export function candidates(scenario: Scenario): Candidate[] {
  return tree().flatMap((branch) => below(scenario, branch, branch.key));
}

function below(scenario: Scenario, branch: Branch, path: string): Candidate[] {
  const found = look(scenario, path);
  if (branch.list || Array.isArray(found)) {
    const places = Math.min(Array.isArray(found) ? found.length + 1 : 1, PLACES);
    return Array.from({ length: places }, (_, n) => each(scenario, branch, `${path}[${n}]`)).flat();
  }
  return each(scenario, branch, path);
}

function each(scenario: Scenario, branch: Branch, path: string): Candidate[] {
  if (branch.branches.length > 0) return branch.branches.flatMap((next) => below(scenario, next, `${path}.${next.key}`));
  return look(scenario, path) === undefined && branch.field ? [{ path, gloss: branch.field.gloss }] : [];
}
