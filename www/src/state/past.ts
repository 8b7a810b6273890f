// The history of one planner: keys, held sliders and the browser's own steps lead to it while the planner is on a page.
import type { LitElement, ReactiveController } from 'lit';
import { asked, isSlider } from './hands.js';
import { History, type Wiring } from './history.js';

export interface Steps<T> extends Pick<Wiring<T>, 'hashOf' | 'restore'> {
  /** Open what the address asks for, which nobody remembers: another link, or an entry from before a reload. */
  arrive(): Promise<T>;
}

export class Past<T> implements ReactiveController {
  private history: History<T> | null = null;

  constructor(
    private readonly host: LitElement & { linked: boolean },
    private readonly steps: Steps<T>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    const { host, linked } = this;
    (linked ? window : host).addEventListener('keydown', this.pressed as EventListener);
    host.addEventListener('pointerdown', this.held);
    for (const end of ENDS) addEventListener(end, this.released);
    if (!linked) return;
    addEventListener('popstate', this.went);
    addEventListener('hashchange', this.followed);
  }

  hostDisconnected(): void {
    for (const target of [window, this.host]) target.removeEventListener('keydown', this.pressed as EventListener);
    this.host.removeEventListener('pointerdown', this.held);
    for (const end of ENDS) removeEventListener(end, this.released);
    removeEventListener('popstate', this.went);
    removeEventListener('hashchange', this.followed);
    this.history?.forget();
  }

  /** What is seen first, or came with another address. */
  begin(seen: T): void {
    const { steps, linked } = this;
    this.history ??= new History<T>({ ...steps, browser: linked ? history : null, changed: () => this.host.requestUpdate() });
    void this.history.begin(seen);
  }

  note(seen: T): void {
    this.history?.note(seen);
  }

  get canUndo(): boolean {
    return this.history?.canUndo ?? false;
  }

  get canRedo(): boolean {
    return this.history?.canRedo ?? false;
  }

  undo = () => this.history?.undo();
  redo = () => this.history?.redo();

  private get linked(): boolean {
    return this.host.linked;
  }

  private readonly held = (event: Event) => isSlider(event) && this.history?.hold(true);
  private readonly released = () => this.history?.hold(false);
  private readonly pressed = (event: KeyboardEvent) => {
    const wanted = asked(event);
    if (!wanted || !this.history) return;
    event.preventDefault();
    void this[wanted]();
  };
  private readonly went = async ({ state }: PopStateEvent) => {
    // Another address has no state yet, and is followed.
    if (state === null || !this.history || this.history.went(state)) return;
    void this.history.known(await this.steps.arrive());
  };
  private readonly followed = async () => {
    if (history.state === null && this.history) this.begin(await this.steps.arrive());
  };
}

const ENDS = ['pointerup', 'pointercancel'] as const;
