// Undo and redo. Each edit becomes an entry once the hands have rested; on the planner's own page the entries are the browser's, so
// that its Back undoes; embedded planners keep them for themselves.

// How long nothing may change until it is an entry, in milliseconds. Browsers refuse an address that changes too often.
const SETTLE = 300;

interface Entry<T> {
  seen: T;
  hash: string;
}

/** The browser's own history, of which an entry knows its place among ours. */
export interface Browser {
  readonly state: unknown;
  pushState(state: unknown, unused: string, url?: string): void;
  replaceState(state: unknown, unused: string, url?: string): void;
  go(delta: number): void;
}

export interface Wiring<T> {
  /** The browser's history, or null for a planner that is a guest on a page. */
  browser: Browser | null;
  hashOf(seen: T): Promise<string>;
  /** Show an entry again. */
  restore(seen: T): void;
  changed(): void;
}

export class History<T> {
  private readonly entries: Entry<T>[] = [];
  private now = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pending: T | null = null;
  private held = false;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly wiring: Wiring<T>) {}

  /** The first entry, or one that came with the address: what was to come back by redo is gone. */
  async begin(seen: T): Promise<void> {
    this.forget();
    const known = placeIn(this.wiring.browser?.state);
    this.now = known ?? (this.entries.length === 0 ? 0 : this.now + 1);
    this.keep({ seen, hash: '' });
    this.wiring.browser?.replaceState({ place: this.now }, '');
    await this.known(seen);
  }

  /** What is seen has changed; it becomes an entry when it has settled. */
  note(seen: T): void {
    this.pending = seen;
    this.wait();
    this.wiring.changed();
  }

  /** While a slider is held nothing settles: a drag is one step. */
  hold(held: boolean): void {
    this.held = held;
    if (this.pending !== null) this.wait();
  }

  get canUndo(): boolean {
    return this.pending !== null || this.now > 0;
  }

  get canRedo(): boolean {
    return this.pending === null && this.now < this.entries.length - 1;
  }

  undo(): Promise<void> {
    return this.move(-1);
  }

  redo(): Promise<void> {
    return this.move(1);
  }

  /** The browser went to one of our entries; false if it is not known here, as after a reload. */
  went(state: unknown): boolean {
    const place = placeIn(state);
    if (place === null) return false;
    this.forget();
    this.now = place;
    const entry = this.entries[place];
    if (entry) this.wiring.restore(entry.seen);
    this.wiring.changed();
    return entry !== undefined;
  }

  /** Remember an entry of before a reload as it was read again. */
  async known(seen: T): Promise<void> {
    const entry = { seen, hash: '' };
    this.entries[this.now] = entry;
    this.wiring.changed();
    entry.hash = await this.wiring.hashOf(seen);
  }

  /** Make what is pending an entry now. */
  flush(): Promise<void> {
    const seen = this.pending;
    this.forget();
    if (seen !== null) this.work = this.work.then(() => this.push(seen));
    return this.work;
  }

  forget(): void {
    clearTimeout(this.timer);
    this.pending = null;
  }

  private async push(seen: T): Promise<void> {
    const hash = await this.wiring.hashOf(seen);
    // An edit that was taken back by hand is none.
    if (hash !== '' && this.entries[this.now]?.hash === hash) return;
    this.now += 1;
    this.keep({ seen, hash });
    this.wiring.browser?.pushState({ place: this.now }, '', hash || undefined);
    this.wiring.changed();
  }

  private async move(by: number): Promise<void> {
    await this.flush();
    const there = this.now + by;
    if (there < 0 || (by > 0 && there >= this.entries.length)) return;
    if (this.wiring.browser) this.wiring.browser.go(by);
    else this.went({ place: there });
  }

  private keep(entry: Entry<T>): void {
    this.entries.length = Math.max(this.now, 0);
    this.entries[this.now] = entry;
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (!this.held) this.timer = setTimeout(() => void this.flush(), SETTLE);
  }
}

function placeIn(state: unknown): number | null {
  const place = typeof state === 'object' && state !== null && 'place' in state ? state.place : null;
  return typeof place === 'number' && Number.isInteger(place) && place >= 0 ? place : null;
}
