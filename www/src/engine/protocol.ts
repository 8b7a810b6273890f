// What the page and its workers say to each other.
import type { Advised, Compared, Film, Options, Problem, Progress, Recommendation, Replay, Report, Scenario, TriedAlerts } from '../../pkg/poolwise.js';

/** What is computed in pieces that all workers share. */
export interface Shared {
  search: Recommendation;
  advise: Advised;
  run: Report;
  compare: Compared;
  against: Compared;
  alerts: TriedAlerts;
}
/** What one worker answers by itself. */
export interface Alone {
  film: Film;
}
export type Results = Shared & Alone;
export type Kind = keyof Results;

/** A question; `other` is the scenario that it is compared with. */
export interface Question<K extends Kind = Kind> {
  kind: K;
  scenario: Scenario;
  options?: Options;
  other?: Scenario;
  scene?: Scene;
}
/** Which instance a film shows, and from when to when. */
export interface Scene {
  instance: number;
  from: number;
  until: number;
}
/** What a job's `perform` and `take` understand. */
export type Piece = Uint8Array;
/** What a run tells besides its numbers. */
export interface Told {
  replay: Replay;
  markdown: string;
}

/** The id of what belongs to no question: a worker is started, runs, or could not. */
export const NOBODY = -1;

export type Order = { id: number } & (
  | { does: 'start'; module: WebAssembly.Module | undefined }
  | { does: 'lead'; question: Question }
  | { does: 'take'; done: { piece: Piece; bytes: Uint8Array<ArrayBuffer> }[] }
  | { does: 'perform'; question: Question; piece: Piece }
  | { does: 'answer'; question: Question }
);

export type Reply = { id: number } & (
  | { says: 'ready' }
  | { says: 'pieces'; pieces: Piece[] }
  | { says: 'performed'; bytes: Uint8Array<ArrayBuffer> }
  | { says: 'progress'; progress: Progress; what?: string }
  | { says: 'result'; result: Results[Kind]; told?: Told | undefined }
  | { says: 'finished' }
  | { says: 'problems'; problems: Problem[] }
  | { says: 'failure'; message: string }
);
