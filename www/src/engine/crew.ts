// The workers of the page: hands, which do pieces of whatever job has some, and leads, one for each job at work. All planners on a
// page share them.
import { NOBODY, type Order, type Reply } from './protocol.js';
import { shared } from './wasm.js';

/** Work for one hand. */
export interface Errand {
  order: Order;
  heard(reply: Reply): void;
}
/** Who has errands. */
export interface Client {
  /** The next, if there is one now. */
  errand(): Errand | undefined;
}

export type Start = () => Worker;
const startWorker: Start = () => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const order: Order = { id: NOBODY, does: 'start', module: shared() };
  worker.postMessage(order);
  return worker;
};
/** More hands than this gain little, and each costs memory. */
const MOST = 8;

/** A worker, which gets its order once it runs: to end one while it loads leaves the next one in Firefox without a word for ever. */
export class Helper {
  listen: (reply: Reply) => void = () => {};
  private loading = true;
  private next: Order | undefined;
  private broken: Reply | undefined;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.hear({ id: NOBODY, says: 'failure', message: event.message || 'a worker could not be started' });
    };
  }

  obey(order: Order, move: Transferable[] = []): void {
    const { broken } = this;
    if (broken) queueMicrotask(() => this.listen(broken));
    else if (this.loading) this.next = order;
    else this.worker.postMessage(order, move);
  }

  /** It is to do nothing more; whether it still can: at work it can not listen, and is ended. */
  stop(): boolean {
    this.listen = () => {};
    this.next = undefined;
    if (!this.loading) this.worker.terminate();
    return this.loading;
  }

  private hear(reply: Reply): void {
    this.loading = false;
    if (reply.id === NOBODY && reply.says === 'failure') this.broken = reply;
    if (reply.says !== 'ready') this.listen(reply);
    else if (this.next) this.worker.postMessage(this.next);
  }
}

interface Hand {
  helper: Helper | undefined;
  busy: { client: Client; errand: Errand } | undefined;
}

export class Crew {
  private readonly hands: Hand[];
  private readonly clients: Client[] = [];
  private readonly leads: Helper[] = [];

  constructor(count = Math.min(Math.max(globalThis.navigator?.hardwareConcurrency ?? 1, 1), MOST), private readonly start = startWorker) {
    this.hands = Array.from({ length: count }, () => ({ helper: undefined, busy: undefined }));
  }

  /** A helper to lead a job with. */
  lead(listen: (reply: Reply) => void): Helper {
    const helper = this.leads.pop() ?? new Helper(this.start());
    helper.listen = listen;
    return helper;
  }

  /** It leads no more. */
  release(helper: Helper, busy: boolean): void {
    if (!busy || helper.stop()) this.leads.push(helper);
  }

  /** Somebody has errands from now on. */
  enlist(client: Client): void {
    if (!this.clients.includes(client)) this.clients.push(client);
    this.assign();
  }

  /** And none any more: who is at one of them is ended. */
  dismiss(client: Client): void {
    const place = this.clients.indexOf(client);
    if (place >= 0) this.clients.splice(place, 1);
    for (const hand of this.hands.filter(({ busy }) => busy?.client === client)) {
      if (!hand.helper?.stop()) hand.helper = undefined;
      hand.busy = undefined;
    }
    this.assign();
  }

  private assign(): void {
    for (const hand of this.hands) {
      if (!hand.busy) this.send(hand);
    }
  }

  /** The clients take turns. */
  private send(hand: Hand): void {
    for (let turn = this.clients.length; turn > 0; turn -= 1) {
      const client = this.clients.shift()!;
      this.clients.push(client);
      const errand = client.errand();
      if (!errand) continue;
      hand.busy = { client, errand };
      hand.helper ??= new Helper(this.start());
      hand.helper.listen = (reply) => this.heard(hand, reply);
      hand.helper.obey(errand.order);
      return;
    }
  }

  private heard(hand: Hand, reply: Reply): void {
    const { busy } = hand;
    if (!busy || (reply.id !== busy.errand.order.id && reply.id !== NOBODY)) return;
    const over = reply.says !== 'progress' && reply.says !== 'result';
    // Free before the reply is passed on: whoever then has no more errands must not end it.
    if (over) hand.busy = undefined;
    if (reply.says === 'failure') {
      hand.helper?.stop();
      hand.helper = undefined;
    }
    busy.errand.heard(reply);
    if (over) this.assign();
  }
}

let ours: Crew | undefined;
/** The crew of this page. */
export const crew = (): Crew => (ours ??= new Crew());
