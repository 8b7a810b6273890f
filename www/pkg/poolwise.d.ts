/* tslint:disable */
/* eslint-disable */
/**
 * A column of numbers; one that is absent is NaN (`null` in JSON).
 */
export type Column = Float64Array;

/**
 * A knob of the planner's form: a slider and a box.
 */
export interface Knob {
    /**
     * What it sets: a scenario's key, or `hold.p50` and its like, of which the hold's distribution is made.
     */
    path: string;
    /**
     * What people call it.
     */
    label: string;
    /**
     * The unit of the slider's number, to be written behind it.
     */
    unit: string;
    /**
     * What a text typed into the box is.
     */
    quantity: Quantity;
    /**
     * The least of the slider.
     */
    least: number;
    /**
     * The most of the slider.
     */
    most: number;
    /**
     * Where it starts.
     */
    start: number;
    /**
     * Whether equal steps multiply.
     */
    log: boolean;
    /**
     * Whether it is a whole number.
     */
    whole: boolean;
    /**
     * What it is and where to find it.
     */
    gloss: string;
}

/**
 * A scenario as written. The catalogue ([`crate::catalogue::FIELDS`]) explains every key.
 *
 * ```
 * use poolwise::scenario::{Scenario, QuerySection};
 * let mut scenario = Scenario::default();
 * scenario.traffic.rate = Some("800/s".into());
 * scenario.query = vec![QuerySection { hold: Some("exponential(mean=20ms)".into()), ..Default::default() }];
 * scenario.pool.max_size = Some(20.into());
 * let model = scenario.check().unwrap();
 * assert_eq!(model.offered_load(), 16.0);
 * ```
 */
export interface Scenario {
    /**
     * The version of the format; this library reads version 1.
     */
    schema_version?: Written;
    /**
     * What people call it.
     */
    name?: Written;
    /**
     * What it shows.
     */
    description?: Written;
    /**
     * How long a run lasts.
     */
    duration?: Written;
    /**
     * When requests come.
     */
    traffic?: TrafficSection;
    /**
     * What they are.
     */
    query?: QuerySection[];
    /**
     * Where they go.
     */
    fleet?: FleetSection;
    /**
     * What each instance has.
     */
    pool?: PoolSection;
    /**
     * What happens during the run.
     */
    timeline?: TimelineSection[];
    /**
     * What is asked of it.
     */
    slo?: Written[];
}

/**
 * A value as it was written: a text with a unit, or a plain number.
 */
export type Written = number | number | string;

/**
 * All the problems of one input, in the order of the input.
 */
export interface Problems {
    /**
     * The problems; at least one of them an error when this is returned as one.
     */
    problems: Problem[];
}

/**
 * An entry of the timeline, for the axis.
 */
export interface Mark {
    /**
     * When it begins, in seconds.
     */
    at: number;
    /**
     * When it has reached all instances.
     */
    until: number;
    /**
     * `slow_query`, `rollback`, `resize_pool` or `note`.
     */
    change: string;
    /**
     * What it is, in words.
     */
    text: string;
}

/**
 * An estimate with the half-width of its confidence interval.
 */
export interface Estimate {
    /**
     * The estimate: a mean over replications, or for a percentile that of all replications together.
     */
    mean: number;
    /**
     * Half the width of the interval; absent when one replication says nothing of the spread.
     */
    half_width: number | undefined;
    /**
     * How many independent replications it rests on.
     */
    replications: number;
}

/**
 * How bad a [`Problem`] is.
 */
export type Severity = "error" | "caution";

/**
 * How far a run is.
 */
export interface Progress {
    /**
     * Replications done.
     */
    done: number;
    /**
     * Replications that are expected in all; a search can need more than it first expects.
     */
    total: number;
    /**
     * Whether nothing is left to do.
     */
    finished: boolean;
}

/**
 * How to simulate.
 */
export interface Options {
    /**
     * Keys all chance; 1 if absent. Below 2⁵³, so that JavaScript can hold it.
     */
    seed?: number;
    /**
     * Independent replications; 10 if absent.
     */
    replications?: number;
}

/**
 * One key of a scenario. Lists are written with `[]`.
 */
export interface Field {
    /**
     * Its path, such as `pool.max_size` or `query[].hold`.
     */
    path: string;
    /**
     * What its value is.
     */
    quantity: Quantity;
    /**
     * What holds when it is not written; empty if it must be written.
     */
    default: string;
    /**
     * What it is, in one line.
     */
    gloss: string;
}

/**
 * One thing that is wrong, where, and the way out.
 */
export interface Problem {
    /**
     * Where: a path such as `pool.max_size` or `query[2].hold`, or a line such as `line 7`.
     */
    path: string;
    /**
     * Whether it stops the run.
     */
    severity: Severity;
    /**
     * What was found, what is allowed, and the way out.
     */
    message: string;
}

/**
 * One variant of a choice, such as a distribution.
 */
export interface Kind {
    /**
     * As it is written.
     */
    name: string;
    /**
     * Its parameters, by example.
     */
    takes: string;
    /**
     * What it is, in one line.
     */
    gloss: string;
}

/**
 * Predicted waits in seconds.
 */
export interface PredictedTimes {
    /**
     * Mean.
     */
    mean: number;
    /**
     * Median.
     */
    p50: number;
    /**
     * 90th percentile.
     */
    p90: number;
    /**
     * 95th percentile.
     */
    p95: number;
    /**
     * 99th percentile.
     */
    p99: number;
}

/**
 * Statistics of a time, in seconds. A percentile is absent until ten values lie beyond it.
 */
export interface Times {
    /**
     * Mean.
     */
    mean: Estimate | undefined;
    /**
     * Median.
     */
    p50: Estimate | undefined;
    /**
     * 90th percentile.
     */
    p90: Estimate | undefined;
    /**
     * 95th percentile.
     */
    p95: Estimate | undefined;
    /**
     * 99th percentile.
     */
    p99: Estimate | undefined;
}

/**
 * The answer, with the sizes around it.
 */
export interface Recommendation {
    /**
     * The version of these names.
     */
    schema_version: number;
    /**
     * The version of poolwise.
     */
    version: string;
    /**
     * The scenario's name.
     */
    scenario: string;
    /**
     * The seed.
     */
    seed: number;
    /**
     * The confidence of intervals and verdicts.
     */
    confidence: number;
    /**
     * What was asked for.
     */
    slo: string[];
    /**
     * Offered load of one instance, in erlangs.
     */
    offered_load: number;
    /**
     * The smallest size that meets the objectives with the stated confidence; absent when no size does, or not yet.
     */
    recommended: Recommended | undefined;
    /**
     * The answer in words.
     */
    sentence: string;
    /**
     * What Erlang C, scaled for the spread of the holds, would have said.
     */
    theory: number | undefined;
    /**
     * The sizes that were simulated around the answer.
     */
    table: SizeRow[];
    /**
     * What may surprise.
     */
    cautions: Problem[];
    /**
     * What is assumed.
     */
    assumptions: string[];
}

/**
 * The run over time, as columns: means over the replications. Rates are per second, times in seconds.
 */
export interface Columns {
    /**
     * The middle of each bin.
     */
    t: Column;
    /**
     * Requests that came, per second.
     */
    offered: Column;
    /**
     * Requests that were served, per second.
     */
    served: Column;
    /**
     * Requests that gave up, per second.
     */
    timed_out: Column;
    /**
     * Requests that were turned away, per second.
     */
    rejected: Column;
    /**
     * Connections in use over the fleet, leaked ones among them.
     */
    active: Column;
    /**
     * Requests waiting over the fleet.
     */
    pending: Column;
    /**
     * Connections leaked over the fleet.
     */
    leaked: Column;
    /**
     * The sum of the pools' limits.
     */
    size: Column;
    /**
     * Median of the waits that ended in the bin.
     */
    wait_p50: Column;
    /**
     * Their 95th percentile.
     */
    wait_p95: Column;
    /**
     * Their 99th percentile.
     */
    wait_p99: Column;
}

/**
 * The size that was found.
 */
export interface Recommended {
    /**
     * Connections of one instance's pool.
     */
    max_size: number;
    /**
     * Connections of all instances' pools.
     */
    total: number;
}

/**
 * What a simulation says. Counts are means over the replications, of one run's measured window.
 */
export interface Report {
    /**
     * The version of these names.
     */
    schema_version: number;
    /**
     * The version of poolwise.
     */
    version: string;
    /**
     * The scenario's name.
     */
    scenario: string;
    /**
     * The seed: the same seed gives the same report, on any platform, with any number of threads.
     */
    seed: number;
    /**
     * Independent replications.
     */
    replications: number;
    /**
     * The probability that an interval covers the truth.
     */
    confidence: number;
    /**
     * Seconds measured in each replication.
     */
    measured: number;
    /**
     * Seconds removed from the start of each replication.
     */
    warm_up: number;
    /**
     * What kind of answer this is.
     */
    regime: Regime;
    /**
     * How fast the fleet's queue would grow if nobody gave up, in requests per second; absent unless overloaded.
     */
    growth: number | undefined;
    /**
     * The answer in words.
     */
    sentence: string;
    /**
     * Requests that came.
     */
    offered: Estimate | undefined;
    /**
     * Requests that were served.
     */
    served: Estimate | undefined;
    /**
     * Requests that gave up waiting.
     */
    timed_out: Estimate | undefined;
    /**
     * Requests that were turned away.
     */
    rejected: Estimate | undefined;
    /**
     * Those that gave up, as a share of those that came.
     */
    timed_out_share: Estimate | undefined;
    /**
     * Share of the connections in use, leaked ones among them.
     */
    utilisation: Estimate | undefined;
    /**
     * Mean requests waiting over the fleet.
     */
    pending: Estimate | undefined;
    /**
     * Connections leaked at the end, over the fleet.
     */
    leaked: Estimate | undefined;
    /**
     * Share of the requests that had to wait.
     */
    wait_probability: Estimate | undefined;
    /**
     * Waits of the requests that got a connection or gave up; absent when the queue only grows.
     */
    wait: Times;
    /**
     * Holds of the requests served.
     */
    hold: Times;
    /**
     * Wait and hold together, of the requests served; absent when the queue only grows.
     */
    response: Times;
    /**
     * When the first request failed for want of a connection; absent if none did.
     */
    time_to_exhaustion: Exhaustion | undefined;
    /**
     * What people felt.
     */
    impact: Impact;
    /**
     * The run over time; absent for steady questions.
     */
    series: Columns | undefined;
    /**
     * The timeline's entries.
     */
    marks: Mark[];
    /**
     * What may surprise.
     */
    cautions: Problem[];
    /**
     * What is assumed.
     */
    assumptions: string[];
}

/**
 * What is predicted for one pool size.
 */
export interface PredictedSize {
    /**
     * Connections of one instance's pool.
     */
    max_size: number;
    /**
     * Share of the connections in use, 0 to 1.
     */
    utilisation: number;
    /**
     * Probability that a request waits.
     */
    wait_probability: number;
    /**
     * Waits in seconds.
     */
    wait: PredictedTimes;
}

/**
 * What kind of answer a report is.
 */
export type Regime = "steady" | "overloaded" | "timeline";

/**
 * What people felt.
 */
export interface Impact {
    /**
     * Share of the requests offered that gave up or were turned away.
     */
    failed_requests: Estimate | undefined;
}

/**
 * What the value of a key is.
 */
export type Quantity = "text" | "count" | "number" | "duration" | "rate" | "share" | "distribution" | "objective";

/**
 * What theory says of a model in the long run, at its peak rate, for one instance.
 */
export interface Prediction {
    /**
     * Arrival rate times mean hold of one instance, in erlangs: the connections busy on average if there were enough.
     */
    offered_load: number;
    /**
     * Offered load over pool size; 1 and above can not be kept up.
     */
    utilisation: number;
    /**
     * Probability that a request waits; 1 without a steady state.
     */
    wait_probability: number;
    /**
     * Requests per second that the whole fleet can serve.
     */
    capacity: number;
    /**
     * Whether there is a steady state without anybody giving up.
     */
    stable: boolean;
    /**
     * How fast the fleet's queue would grow if nobody gave up, in requests per second; 0 when stable.
     */
    growth: number;
    /**
     * Whether the formula is exact for this model.
     */
    exact: boolean;
    /**
     * Whether the question is what happens over time: then this long-run answer is beside the point.
     */
    changes_over_time: boolean;
    /**
     * Waits in seconds; absent without a steady state.
     */
    wait: PredictedTimes | undefined;
    /**
     * The smallest pool that meets the objectives on waiting, by this formula.
     */
    smallest: number | undefined;
    /**
     * The same for the sizes around.
     */
    sizes: PredictedSize[];
    /**
     * What is assumed.
     */
    assumptions: string[];
    /**
     * What may surprise.
     */
    cautions: Problem[];
}

/**
 * What was found for one size.
 */
export interface SizeRow {
    /**
     * Connections of one instance's pool.
     */
    max_size: number;
    /**
     * Replications behind it.
     */
    replications: number;
    /**
     * Whether it meets the objectives.
     */
    verdict: Verdict;
    /**
     * Share of the connections in use.
     */
    utilisation: Estimate | undefined;
    /**
     * Waits in seconds.
     */
    wait: Times;
    /**
     * Waits and holds together, in seconds.
     */
    response: Times;
    /**
     * Share of the requests that gave up.
     */
    timed_out_share: Estimate | undefined;
}

/**
 * When the first request failed for want of a connection.
 */
export interface Exhaustion {
    /**
     * Seconds from the start, over the runs in which it happened.
     */
    mean: number;
    /**
     * Half the width of the interval.
     */
    half_width: number | undefined;
    /**
     * The share of runs in which it happened.
     */
    share_of_runs: number;
}

/**
 * Whether a size meets the objectives.
 */
export type Verdict = "meets" | "misses" | "unsure";

/**
 * `[[query]]`
 */
export interface QuerySection {
    /**
     * What people call it.
     */
    name?: Written;
    /**
     * Its relative share of the requests.
     */
    weight?: Written;
    /**
     * How long it holds its connection.
     */
    hold?: Written;
    /**
     * The share that never returns it.
     */
    leak?: Written;
}

/**
 * `[[timeline]]`
 */
export interface TimelineSection {
    /**
     * When it begins.
     */
    at?: Written;
    /**
     * What it is: [`crate::timeline::KINDS`].
     */
    change?: Written;
    /**
     * The class whose holds grow.
     */
    query?: Written;
    /**
     * How many times as long.
     */
    factor?: Written;
    /**
     * The new limit of the pools.
     */
    max_size?: Written;
    /**
     * How long it takes to roll over all instances.
     */
    over?: Written;
    /**
     * What people saw or did.
     */
    text?: Written;
}

/**
 * `[[traffic.steps]]`
 */
export interface StepSection {
    /**
     * From when on.
     */
    at?: Written;
    /**
     * The rate from then on.
     */
    rate?: Written;
}

/**
 * `[fleet]`
 */
export interface FleetSection {
    /**
     * How many instances.
     */
    instances?: Written;
}

/**
 * `[pool]`
 */
export interface PoolSection {
    /**
     * The most connections of one instance.
     */
    max_size?: Written;
    /**
     * How long a request waits, or `none`.
     */
    acquire_timeout?: Written;
    /**
     * How many may wait, or `none`.
     */
    max_waiters?: Written;
}

/**
 * `[traffic]`
 */
export interface TrafficSection {
    /**
     * Requests per second over the fleet.
     */
    rate?: Written;
    /**
     * Changes of the rate.
     */
    steps?: StepSection[];
}


/**
 * A search for the smallest pool in steps of one replication each.
 */
export class Search {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Prepare it. Throws `Problems`.
     */
    constructor(scenario: Scenario, options?: Options);
    /**
     * What is known so far.
     */
    recommendation(): Recommendation;
    /**
     * Do the next replication.
     */
    step(): Progress;
}

/**
 * A simulation in steps of one replication each, so that a Worker can tell its progress and be cancelled.
 */
export class Simulation {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Prepare it. Throws `Problems`.
     */
    constructor(scenario: Scenario, options?: Options);
    /**
     * What the replications so far say.
     */
    report(): Report;
    /**
     * Do the next replication.
     */
    step(): Progress;
}

/**
 * The bundled scenarios: `{ name, title, scenario }`.
 */
export function examples(): { name: string; title: string; scenario: Scenario }[];

/**
 * Every key of a scenario, with its default and one line on what it is.
 */
export function fields(): Field[];

/**
 * One number for everything that happens in replication 0 up to `seconds`: the same natively, in Node and in a browser.
 */
export function fingerprint(scenario: Scenario, seed: number, seconds: number): string;

/**
 * The knobs of the planner's form.
 */
export function knobs(): Knob[];

/**
 * Read a text as the form's boxes do: a duration in seconds, a rate per second, a share, a number. Throws `Problems`.
 */
export function parse(quantity: Quantity, text: string): number;

/**
 * What queueing theory says, at once. Throws `Problems`.
 */
export function predict(scenario: Scenario): Prediction;

/**
 * Find the smallest pool that meets the scenario's objectives. Throws `Problems`.
 */
export function recommend(scenario: Scenario, options?: Options): Recommendation;

/**
 * Simulate. Throws `Problems`.
 */
export function simulate(scenario: Scenario, options?: Options): Report;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_search_free: (a: number, b: number) => void;
    readonly __wbg_simulation_free: (a: number, b: number) => void;
    readonly examples: () => [number, number, number];
    readonly fields: () => [number, number, number];
    readonly fingerprint: (a: any, b: number, c: number) => [number, number, number, number];
    readonly knobs: () => [number, number, number];
    readonly parse: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly predict: (a: any) => [number, number, number];
    readonly recommend: (a: any, b: any) => [number, number, number];
    readonly search_new: (a: any, b: any) => [number, number, number];
    readonly search_recommendation: (a: number) => [number, number, number];
    readonly search_step: (a: number) => [number, number, number];
    readonly simulate: (a: any, b: any) => [number, number, number];
    readonly simulation_new: (a: any, b: any) => [number, number, number];
    readonly simulation_report: (a: number) => [number, number, number];
    readonly simulation_step: (a: number) => [number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
