// The workers of the page: hands, which do pieces of whatever job has some, and leads, one for each job at work. All planners on a
// page share them.
import type { Order, Reply } from './protocol.js';

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
const startWorker: Start = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
/** More hands than this gain little, and each costs memory. */
const MOST = 8;
/** The id of a reply that is to no question: the worker itself failed. */
export const NOBODY = -1;

interface Hand {
  worker: Worker | undefined;
  busy: { client: Client; errand: Errand } | undefined;
}

export class Crew {
  private readonly hands: Hand[];
  private readonly clients: Client[] = [];
  private readonly leads: Worker[] = [];

  constructor(count = Math.min(Math.max(globalThis.navigator?.hardwareConcurrency ?? 1, 1), MOST), private readonly start = startWorker) {
    this.hands = Array.from({ length: count }, () => ({ worker: undefined, busy: undefined }));
  }

  /** A worker to lead a job with. */
  lead(listen: (reply: Reply) => void): Worker {
    const worker = this.leads.pop() ?? this.start();
    listenTo(worker, listen);
    return worker;
  }

  /** It leads no more; one that is at work can not listen, and is ended. */
  release(worker: Worker, busy: boolean): void {
    worker.onmessage = worker.onerror = null;
    if (busy) worker.terminate();
    else this.leads.push(worker);
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
      hand.worker?.terminate();
      hand.worker = hand.busy = undefined;
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
      hand.worker ??= this.start();
      listenTo(hand.worker, (reply) => this.heard(hand, reply));
      hand.worker.postMessage(errand.order);
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
      hand.worker?.terminate();
      hand.worker = undefined;
    }
    busy.errand.heard(reply);
    if (over) this.assign();
  }
}

function listenTo(worker: Worker, listen: (reply: Reply) => void): void {
  worker.onmessage = ({ data }: MessageEvent<Reply>) => listen(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    listen({ id: NOBODY, says: 'failure', message: event.message || 'a worker could not be started' });
  };
}

let shared: Crew | undefined;
/** The crew of this page. */
export const crew = (): Crew => (shared ??= new Crew());
