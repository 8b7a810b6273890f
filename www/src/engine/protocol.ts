// What the page and its workers say to each other.
import type { Compared, Problem, Progress, Recommendation, Report, Scenario } from '../../pkg/poolwise.js';

export interface Results {
  search: Recommendation;
  run: Report;
  compare: Compared;
}
export type Kind = keyof Results;

export interface Job {
  id: number;
  kind: Kind;
  scenario: Scenario;
}

export type Reply = { id: number } & (
  | { says: 'progress'; progress: Progress }
  | { says: 'result'; result: Results[Kind] }
  | { says: 'problems'; problems: Problem[] }
  | { says: 'failure'; message: string }
  | { says: 'finished' }
);
