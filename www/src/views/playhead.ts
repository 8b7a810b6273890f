// The moment of a run that everything shows: it is played, moved by hand, or only looked at while a pointer hovers.

/** What a playhead needs of a browser; tests bring their own. */
export interface Motion {
  request(next: (now: number) => void): number;
  cancel(id: number): void;
  reduced(): boolean;
}
const browser: Motion = {
  request: (next) => requestAnimationFrame(next),
  cancel: (id) => cancelAnimationFrame(id),
  reduced: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
};

export const SPEEDS = [0.1, 1, 10, 60, 300, 600] as const;
// A frame that comes later than this is one after a pause: nothing jumps. In milliseconds.
const LATE = 100;
// With reduced motion the time steps so often, in milliseconds.
const STEP = 1000;

export class Playhead {
  time = 0;
  from = 0;
  until = 0;
  playing = false;
  speed = 60;
  /** Where a pointer hovers. */
  private looked: number | null = null;
  private name: unknown;
  private frame = 0;
  private last = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly motion: Motion = browser) {}

  /** What a cursor points at. */
  get shown(): number {
    return this.looked ?? this.time;
  }

  /** Returns how to stop listening. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.pause();
    };
  }

  /** What is played. Under another name it is another scenario, which begins at its beginning; an edit keeps the moment. */
  show(name: unknown): void {
    if (name === this.name) return;
    this.name = name;
    this.pause();
    this.begin(0);
  }

  /** The run that there is. One without this moment begins at its beginning. */
  reach(from: number, until: number): void {
    if (from === this.from && until === this.until) return;
    [this.from, this.until] = [from, until];
    if (this.time < from || this.time > until) this.time = from;
    this.tell();
  }

  /** Where to stand in a run that is not there yet. */
  begin(time: number): void {
    this.time = time;
    this.tell();
  }

  seek(time: number): void {
    this.time = Math.min(Math.max(time, this.from), this.until);
    this.tell();
  }

  look(time: number | null): void {
    if (time === this.looked) return;
    this.looked = time;
    this.tell();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    if (this.playing || this.until <= this.from) return;
    if (this.time >= this.until) this.time = this.from;
    this.playing = true;
    this.last = -1;
    this.next();
    this.tell();
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.motion.cancel(this.frame);
    this.tell();
  }

  pace(speed: number): void {
    this.speed = speed;
    this.tell();
  }

  private next(): void {
    this.frame = this.motion.request((now) => this.tick(now));
  }

  private tick(now: number): void {
    if (this.last < 0) this.last = now;
    const passed = now - this.last;
    const [least, most] = this.motion.reduced() ? [STEP, STEP] : [0, LATE];
    if (passed >= least) {
      this.last = now;
      this.time = Math.min(this.time + (Math.min(passed, most) / 1000) * this.speed, this.until);
      if (this.time >= this.until) this.playing = false;
      this.tell();
    }
    if (this.playing) this.next();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The playhead of a session, for the scenario that it has now. */
const made = new WeakMap<object, Playhead>();
export function playheadOf(session: { scenario: { name?: unknown } }): Playhead {
  const playhead = made.get(session) ?? new Playhead();
  made.set(session, playhead);
  playhead.show(session.scenario.name);
  return playhead;
}
