export type Written = number | string;
export interface Field { path: string; quantity: string; default: string; gloss: string }
export interface Knob { path: string; label: string; unit: string; least: number; most: number; start: number; log: boolean; whole: boolean; gloss: string }
export interface Problem { path: string; severity: "error" | "caution"; message: string }
export interface Problems { problems: Problem[] }
export interface Options { seed?: number; replications?: number }
export interface Progress { done: number; total: number; finished: boolean }
export interface Estimate { mean: number; half_width: number | null; replications: number }
export interface Times { mean: Estimate | null; p50: Estimate | null; p90: Estimate | null; p95: Estimate | null; p99: Estimate | null }
export interface QuerySection { name?: Written; weight?: Written; hold?: Written; leak?: Written }
export interface TimelineSection { at?: Written; change?: Written; query?: Written; factor?: Written; max_size?: Written; over?: Written; text?: Written }
export interface Scenario { name?: Written; description?: Written; duration?: Written; traffic: { rate?: Written; steps?: { at?: Written; rate?: Written }[] }; query: QuerySection[]; fleet: { instances?: Written }; pool: { max_size?: Written; acquire_timeout?: Written; max_waiters?: Written }; timeline?: TimelineSection[]; slo?: Written[] }
export interface Waits { mean: number; p50: number; p90: number; p95: number; p99: number }
export interface Size { max_size: number; utilisation: number; wait_probability: number; wait: Waits | null }
export interface Prediction { offered_load: number; utilisation: number; wait_probability: number; capacity: number; stable: boolean; growth: number; exact: boolean; wait: Waits | null; smallest: number | null; sizes: Size[]; assumptions: string[]; cautions: Problem[] }
export interface Row { max_size: number; replications: number; verdict: "meets" | "misses" | "unsure"; utilisation: Estimate; wait: Times; response: Times; timed_out_share: Estimate }
export interface Recommendation { schema_version: number; version: string; scenario: string; seed: number; confidence: number; slo: string[]; offered_load: number; recommended: { max_size: number; total: number } | null; sentence: string; theory: number | null; table: Row[]; cautions: Problem[]; assumptions: string[] }
export interface Series { t: Float64Array; offered: Float64Array; served: Float64Array; timed_out: Float64Array; rejected: Float64Array; active: Float64Array; pending: Float64Array; leaked: Float64Array; size: Float64Array; wait_p50: Float64Array; wait_p95: Float64Array; wait_p99: Float64Array }
export interface Mark { at: number; until: number; change: string; text: string }
export interface Report { schema_version: number; version: string; scenario: string; seed: number; replications: number; confidence: number; regime: "steady" | "overloaded" | "timeline"; growth: number | null; sentence: string; offered: Estimate; served: Estimate; timed_out: Estimate; rejected: Estimate; timed_out_share: Estimate; utilisation: Estimate; pending: Estimate; leaked: Estimate; wait_probability: Estimate; wait: Times; hold: Times; response: Times; time_to_exhaustion: { mean: number; half_width: number | null; share_of_runs: number } | null; impact: { failed_requests: Estimate }; series: Series | null; marks: Mark[]; cautions: Problem[]; assumptions: string[] }
export default function init(input?: unknown): Promise<unknown>;
export function fields(): Field[];
export function knobs(): Knob[];
export function parse(quantity: string, text: string): number;
export function examples(): { name: string; title: string; scenario: Scenario }[];
export function predict(scenario: Scenario): Prediction;
export function simulate(scenario: Scenario, options?: Options): Report;
export function recommend(scenario: Scenario, options?: Options): Recommendation;
export class Simulation { constructor(scenario: Scenario, options?: Options); step(): Progress; report(): Report; free(): void }
export class Search { constructor(scenario: Scenario, options?: Options); step(): Progress; recommendation(): Recommendation; free(): void }
