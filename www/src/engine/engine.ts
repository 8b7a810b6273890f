// One line of work in a worker. A new job ends the one before; an answer to an old job is never passed on.
import type { Problem, Progress, Scenario } from '../../pkg/poolwise.js';
import type { Job, Kind, Reply, Results } from './protocol.js';

export interface Listener<K extends Kind> {
  progress(progress: Progress): void;
  result(result: Results[K]): void;
  problems(problems: Problem[]): void;
  failure(message: string): void;
  finished(): void;
}

type Start = () => Worker;
const startWorker: Start = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

export class Engine<K extends Kind> {
  private worker: Worker | undefined;
  private busy = false;
  private id = 0;

  constructor(
    private readonly kind: K,
    private readonly listener: Listener<K>,
    private readonly open: Start = startWorker,
  ) {}

  start(scenario: Scenario): void {
    this.stop();
    this.busy = true;
    this.worker ??= this.opened();
    const job: Job = { id: this.id, kind: this.kind, scenario };
    this.worker.postMessage(job);
  }

  /** Forget the job at work. A worker in the middle of a step can not listen, so it is ended. */
  stop(): void {
    this.id += 1;
    if (this.busy) this.close();
    this.busy = false;
  }

  close(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }

  private opened(): Worker {
    const worker = this.open();
    worker.onmessage = (event: MessageEvent<Reply>) => this.heard(event.data);
    worker.onerror = (event) => this.failed(event.message || 'the worker could not be started');
    return worker;
  }

  private heard(reply: Reply): void {
    if (reply.id !== this.id) return;
    switch (reply.says) {
      case 'progress':
        return this.listener.progress(reply.progress);
      case 'result':
        return this.listener.result(reply.result as Results[K]);
      case 'problems':
        this.busy = false;
        return this.listener.problems(reply.problems);
      case 'failure':
        return this.failed(reply.message);
      case 'finished':
        this.busy = false;
        return this.listener.finished();
    }
  }

  private failed(message: string): void {
    this.stop();
    this.close();
    this.listener.failure(message);
  }
}
