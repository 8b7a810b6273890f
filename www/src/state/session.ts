// One scenario and everything that is known about it: theory at once, simulation as it comes in.
import { predict } from '../../pkg/poolwise.js';
import type { Compared, Prediction, Problem, Progress, Recommendation, Report, Scenario } from '../../pkg/poolwise.js';
import { Engine, type Listener } from '../engine/engine.js';
import { messageOf, problemsIn } from '../problems.js';
import type { Kind, Results } from '../engine/protocol.js';

// How long the hands must rest before the simulation starts, in milliseconds.
const REST = 220;

export interface Work {
  state: 'waiting' | 'working' | 'finished' | 'cancelled';
  progress: Progress | null;
}
const idle: Work = { state: 'waiting', progress: null };

export class Session {
  prediction: Prediction | null = null;
  recommendation: Recommendation | null = null;
  report: Report | null = null;
  compared: Compared | null = null;
  problems: Problem[] = [];
  failure: string | null = null;
  /** Which of the two answers the question: what happens over time, or how large the pool should be. */
  leads: 'search' | 'run' = 'search';
  readonly work: Record<Kind, Work> = { search: idle, run: idle, compare: idle };
  private timer = 0;
  private readonly search = new Engine('search', this.listener('search', (result) => (this.recommendation = result)));
  private readonly run = new Engine('run', this.listener('run', (result) => (this.report = result)));
  private readonly comparison = new Engine('compare', this.listener('compare', (result) => (this.compared = result)));

  constructor(
    public scenario: Scenario,
    private readonly changed: () => void,
  ) {}

  /** Take another scenario: what was known about the old one is forgotten. */
  open(scenario: Scenario): void {
    this.forget();
    this.scenario = scenario;
    try {
      this.prediction = predict(scenario);
      this.problems = this.prediction.cautions;
      this.leads = this.prediction.changes_over_time ? 'run' : 'search';
      this.timer = window.setTimeout(() => this.simulate(), REST);
    } catch (thrown) {
      this.problems = problemsIn(thrown) ?? [];
      if (this.problems.length === 0) this.failure = messageOf(thrown);
    }
    this.changed();
  }

  simulate(): void {
    this.work.search = this.work.run = { state: 'working', progress: null };
    this.run.start(this.scenario);
    this.search.start(this.scenario);
    this.changed();
  }

  /** Only when it is asked for: it takes as long as a run for each variant. */
  compare(): void {
    this.compared = null;
    this.work.compare = { state: 'working', progress: null };
    this.comparison.start(this.scenario);
    this.changed();
  }

  stopComparing(): void {
    this.comparison.stop();
    if (this.work.compare.state === 'working') this.work.compare = idle;
    this.changed();
  }

  cancel(): void {
    this.halt();
    if (this.work.compare.state === 'working') this.work.compare = idle;
    for (const kind of ['search', 'run'] as const) {
      if (this.work[kind].state !== 'finished') this.work[kind] = { ...this.work[kind], state: 'cancelled' };
    }
    this.changed();
  }

  close(): void {
    this.halt();
    this.search.close();
    this.run.close();
    this.comparison.close();
  }

  /** The search and the run taken together. */
  get together(): { state: Work['state']; done: number; total: number } {
    const both = [this.work.search, this.work.run];
    const sum = (key: 'done' | 'total') => both.reduce((all, { progress }) => all + (progress?.[key] ?? 0), 0);
    const is = (state: Work['state']) => both.some((work) => work.state === state);
    const state = is('working') ? 'working' : is('cancelled') ? 'cancelled' : is('waiting') ? 'waiting' : 'finished';
    return { state, done: sum('done'), total: sum('total') };
  }

  private forget(): void {
    this.halt();
    this.prediction = this.recommendation = this.report = this.compared = this.failure = null;
    this.problems = [];
    this.work.search = this.work.run = this.work.compare = idle;
  }

  private halt(): void {
    clearTimeout(this.timer);
    this.search.stop();
    this.run.stop();
    this.comparison.stop();
  }

  private listener<K extends Kind>(kind: K, keep: (result: Results[K]) => void): Listener<K> {
    const then = (act: () => void) => {
      act();
      this.changed();
    };
    return {
      progress: (progress) => then(() => (this.work[kind] = { state: 'working', progress })),
      result: (result) => then(() => keep(result)),
      finished: () => then(() => (this.work[kind] = { ...this.work[kind], state: 'finished' })),
      problems: (problems) => then(() => {
        this.problems = problems;
        this.work[kind] = idle;
      }),
      failure: (message) => then(() => {
        this.failure = message;
        this.work[kind] = idle;
      }),
    };
  }
}
