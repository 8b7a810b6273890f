// The film of one pool: what it was like at any moment. Nothing here draws, and nothing is allocated for a frame.
import type { Film, InstanceColumns } from '../../pkg/poolwise.js';
import { binOf, placeOf } from './columns.js';
import { count } from '../format.js';

export const LEVELS = ['pending', 'active', 'idle', 'opening', 'leaked', 'total', 'size'] as const;
export const COUNTS = ['arrived', 'granted', 'served', 'timed_out', 'failed'] as const;
type Key = (typeof LEVELS)[number] | (typeof COUNTS)[number];

/** One moment: the levels, and how many there have been since the film began. `place` is the last change; −1 before the first. */
export type Frame = Record<Key, number> & { place: number };

export const blank = (): Frame => ({
  place: -1, pending: 0, active: 0, idle: 0, opening: 0, leaked: 0, total: 0, size: 0, arrived: 0, granted: 0, served: 0, timed_out: 0, failed: 0,
});

/** The film at a time. The frame is written into `into` where one is given. */
export function frame(film: Film, t: number, into: Frame = blank()): Frame {
  const place = placeOf(film.t, t);
  into.place = place;
  for (const level of LEVELS) into[level] = film[level][Math.max(place, 0)] ?? 0;
  // What was counted before the film began is not part of it.
  for (const counted of COUNTS) into[counted] = place < 0 ? 0 : (film[counted][place] ?? 0);
  return into;
}

/** Whether the film knows this moment: one that was cut short ends with its last change. */
export function covers({ from, until, truncated, t }: Film, time: number): boolean {
  return time >= from && time <= (truncated ? (t.at(-1) ?? from) : until);
}

/** Why there is no pool to be seen at a moment; nothing if there is one. `known` is what the run tells of the instance. */
export function absence(film: Film, { size, total, pending }: Frame, time: number, known?: InstanceColumns): string {
  const { instance, t } = film;
  if (!covers(film, time)) return 'This moment is not part of the film';
  const bin = known ? binOf(known.t, time) : 0;
  const open = (known?.size[bin] ?? 1) > 0;
  if (open && size + total + pending > 0) return '';
  if (open && t.length === 0) return `Nothing happens at instance ${count(instance)} in this part of the run`;
  if (!known) return `Instance ${count(instance)} is not there at this moment`;
  const later = known.size.subarray(bin + 1).some((limit) => limit > 0);
  return later ? `Instance ${count(instance)} starts after this moment` : `Instance ${count(instance)} was replaced or stopped before this moment`;
}

/** What a change did: each is how many requests took that way. */
export interface Step {
  /** Began to wait. */
  joined: number;
  /** Got a connection at once. */
  direct: number;
  /** Got a connection after waiting. */
  granted: number;
  served: number;
  timed_out: number;
}
export const still = (): Step => ({ joined: 0, direct: 0, granted: 0, served: 0, timed_out: 0 });

/** What happened with the change at a place, from the levels and counts before and after it. */
export function step(film: Film, place: number, into: Step = still()): Step {
  const waited = more(film.pending, place);
  const granted = more(film.granted, place);
  into.served = more(film.served, place);
  into.timed_out = more(film.timed_out, place);
  into.joined = Math.max(waited, 0);
  into.granted = Math.min(granted, Math.max(-waited, 0));
  into.direct = granted - into.granted;
  return into;
}

const more = (values: ArrayLike<number>, place: number): number => (place > 0 ? (values[place] ?? 0) - (values[place - 1] ?? 0) : 0);
