// One scenario and everything that is known about it: theory at once, simulation as it comes in.
import { predict } from '../../pkg/poolwise.js';
import type { Advice, Compared, Film, Prediction, Problem, Progress, Ranking, Recommendation, Replay, Report, Scenario } from '../../pkg/poolwise.js';
import { Line, type Listener } from '../engine/line.js';
import type { Kind, Question, Results, Scene } from '../engine/protocol.js';
import { messageOf, problemsIn } from '../problems.js';

// How long the hands must rest before the simulation starts, in milliseconds.
const REST = 220;

export interface Work {
  state: 'waiting' | 'working' | 'finished' | 'cancelled';
  progress: Progress | null;
  /** What it is at, where it does several things. */
  what?: string | undefined;
}
const idle: Work = { state: 'waiting', progress: null };
const KINDS = ['search', 'run', 'advise', 'against', 'compare', 'alerts', 'film'] as const satisfies Kind[];
/** What is done whenever the scenario changes. */
const MAIN = ['search', 'run'] as const;

/** What was kept to be compared with. */
export interface Pinned {
  scenario: Scenario;
  report: Report | null;
  recommendation: Recommendation | null;
}

/** What is known of a scenario. */
interface Known {
  prediction: Prediction | null;
  recommendation: Recommendation | null;
  report: Report | null;
  replay: Replay | null;
  /** The run's report for a ticket. */
  markdown: string | null;
  advice: Advice | null;
  /** The advice in sentences. */
  advised: string[];
  /** Of the variants. */
  compared: Compared | null;
  /** Of what is pinned, first, and this. */
  against: Compared | null;
  ranking: Ranking | null;
  /** Alert rules by exporter. */
  rules: Results['alerts']['rules'];
  film: Film | null;
  problems: Problem[];
  failure: string | null;
}

const nothing = (): Known => ({
  prediction: null, recommendation: null, report: null, replay: null, markdown: null, advice: null, advised: [], compared: null,
  against: null, ranking: null, rules: [], film: null, problems: [], failure: null,
});

export class Session {
  /** Which of the two answers the question: what happens over time, or how large the pool should be. */
  leads: 'search' | 'run' = 'search';
  pinned: Pinned | null = null;
  readonly work = Object.fromEntries(KINDS.map((kind) => [kind, idle])) as Record<Kind, Work>;
  private known = nothing();
  private timer = 0;
  private readonly lines: { [K in Kind]: Line<K> } = {
    search: this.line('search', (result) => (this.known.recommendation = result)),
    run: this.line('run', (result, told) => Object.assign(this.known, { report: result, ...told })),
    advise: this.line('advise', ({ advice, sentences }) => Object.assign(this.known, { advice, advised: sentences })),
    against: this.line('against', (result) => (this.known.against = result)),
    compare: this.line('compare', (result) => (this.known.compared = result)),
    alerts: this.line('alerts', (result) => Object.assign(this.known, result)),
    film: this.line('film', (result) => (this.known.film = result)),
  };

  constructor(
    public scenario: Scenario,
    private readonly changed: () => void,
  ) {}

  get prediction() { return this.known.prediction; }
  get recommendation() { return this.known.recommendation; }
  get report() { return this.known.report; }
  get replay() { return this.known.replay; }
  get markdown() { return this.known.markdown; }
  get advice() { return this.known.advice; }
  get advised() { return this.known.advised; }
  get compared() { return this.known.compared; }
  get against() { return this.known.against; }
  get ranking() { return this.known.ranking; }
  get rules() { return this.known.rules; }
  get film() { return this.known.film; }
  get problems() { return this.known.problems; }
  get failure() { return this.known.failure; }

  /** Take another scenario: what was known about the old one is forgotten. */
  open(scenario: Scenario): void {
    this.halt();
    this.known = nothing();
    for (const kind of KINDS) this.work[kind] = idle;
    this.scenario = scenario;
    try {
      const prediction = predict(scenario);
      Object.assign(this.known, { prediction, problems: prediction.cautions });
      this.leads = prediction.changes_over_time ? 'run' : 'search';
      this.timer = window.setTimeout(() => this.simulate(), REST);
    } catch (thrown) {
      this.known.problems = problemsIn(thrown) ?? [];
      if (this.problems.length === 0) this.known.failure = messageOf(thrown);
    }
    this.changed();
  }

  simulate(): void {
    for (const kind of MAIN) this.begin({ kind, scenario: this.scenario });
    this.changed();
  }

  /** What is done only when it is asked for: it takes as long as many runs. */
  ask(kind: 'compare' | 'alerts'): void;
  ask(kind: 'film', scene: Scene): void;
  ask(kind: Kind, scene?: Scene): void {
    this.begin(scene ? { kind, scenario: this.scenario, scene } : { kind, scenario: this.scenario });
    this.changed();
  }

  stop(kind: Kind): void {
    this.lines[kind].stop();
    if (this.work[kind].state === 'working') this.work[kind] = idle;
    this.changed();
  }

  /** Keep what is known now to compare with what comes. */
  pin(): void {
    this.pinned = { scenario: this.scenario, report: this.report, recommendation: this.recommendation };
    this.known.against = null;
    this.changed();
  }

  unpin(): void {
    this.pinned = null;
    this.known.against = null;
    this.stop('against');
  }

  cancel(): void {
    this.halt();
    for (const kind of KINDS) {
      const main = (MAIN as readonly Kind[]).includes(kind);
      if (this.work[kind].state === 'working') this.work[kind] = main ? { ...this.work[kind], state: 'cancelled' } : idle;
      else if (main && this.work[kind].state === 'waiting') this.work[kind] = { ...idle, state: 'cancelled' };
    }
    this.changed();
  }

  close(): void {
    this.halt();
  }

  /** The search and the run taken together. */
  get together(): { state: Work['state']; done: number; total: number } {
    const both = MAIN.map((kind) => this.work[kind]);
    const sum = (key: 'done' | 'total') => both.reduce((all, { progress }) => all + (progress?.[key] ?? 0), 0);
    const is = (state: Work['state']) => both.some((work) => work.state === state);
    const state = is('working') ? 'working' : is('cancelled') ? 'cancelled' : is('waiting') ? 'waiting' : 'finished';
    return { state, done: sum('done'), total: sum('total') };
  }

  private begin<K extends Kind>(question: Question<K>): void {
    this.work[question.kind] = { state: 'working', progress: null };
    const known = question.kind === 'advise' ? this.lines.search.handOver() : undefined;
    (this.lines[question.kind] as unknown as Line<K>).start(question, known);
  }

  /** What follows when the search and the run are done. */
  private follow(): void {
    if (this.together.state !== 'finished' || this.problems.some(({ severity }) => severity === 'error')) return;
    if (this.leads === 'search' && !this.advice) this.begin({ kind: 'advise', scenario: this.scenario });
    if (this.pinned && this.pinned.scenario !== this.scenario && !this.against) {
      this.begin({ kind: 'against', scenario: this.scenario, other: this.pinned.scenario });
    }
  }

  private halt(): void {
    clearTimeout(this.timer);
    for (const kind of KINDS) this.lines[kind].stop();
  }

  private line<K extends Kind>(kind: K, keep: Listener<K>['result']): Line<K> {
    const then = (act: () => void) => {
      act();
      this.changed();
    };
    return new Line<K>({
      progress: (progress, what) => then(() => (this.work[kind] = { state: 'working', progress, what })),
      result: (result, told) => then(() => keep(result, told)),
      finished: () => then(() => {
        this.work[kind] = { ...this.work[kind], state: 'finished' };
        if ((MAIN as readonly Kind[]).includes(kind)) this.follow();
      }),
      problems: (problems) => then(() => {
        this.known.problems = [...this.problems.filter(({ severity }) => severity !== 'error'), ...problems];
        this.work[kind] = idle;
      }),
      failure: (message) => then(() => {
        this.known.failure = message;
        this.work[kind] = idle;
      }),
    });
  }
}
