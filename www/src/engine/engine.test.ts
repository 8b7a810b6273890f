import { beforeEach, describe, expect, it } from 'vitest';
import { Engine, type Listener } from './engine.js';
import type { Job, Reply } from './protocol.js';

class FakeWorker {
  onmessage: ((event: { data: Reply }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  jobs: Job[] = [];
  ended = false;
  postMessage(job: Job) {
    this.jobs.push(job);
  }
  terminate() {
    this.ended = true;
  }
}

let heard: string[];
let workers: FakeWorker[];
let engine: Engine<'search'>;

beforeEach(() => {
  heard = [];
  workers = [];
  const listener: Listener<'search'> = {
    progress: ({ done }) => heard.push(`progress ${done}`),
    result: ({ sentence }) => heard.push(sentence),
    problems: (problems) => heard.push(`${problems.length} problems`),
    failure: (message) => heard.push(`failure: ${message}`),
    finished: () => heard.push('finished'),
  };
  engine = new Engine('search', listener, () => {
    workers.push(new FakeWorker());
    return workers.at(-1) as unknown as Worker;
  });
});

const progress = (id: number): Reply => ({ id, says: 'progress', progress: { done: 1, total: 2, finished: false } });

describe('an engine', () => {
  it('passes on what its worker says', () => {
    engine.start({});
    const id = workers[0]!.jobs[0]!.id;
    workers[0]!.onmessage?.({ data: progress(id) });
    workers[0]!.onmessage?.({ data: { id, says: 'finished' } });
    expect(heard).toEqual(['progress 1', 'finished']);
  });

  it('ends a busy worker for the next job, and never passes on the old answer', () => {
    engine.start({});
    const [first] = workers;
    engine.start({});
    first!.onmessage?.({ data: progress(first!.jobs[0]!.id) });
    expect(first!.ended).toBe(true);
    expect(heard).toEqual([]);
  });

  it('keeps an idle worker', () => {
    engine.start({});
    workers[0]!.onmessage?.({ data: { id: workers[0]!.jobs[0]!.id, says: 'finished' } });
    engine.start({});
    expect(workers).toHaveLength(1);
  });

  it('says when its worker fails, and tries a new one the next time', () => {
    engine.start({});
    workers[0]!.onmessage?.({ data: { id: workers[0]!.jobs[0]!.id, says: 'failure', message: 'no Wasm' } });
    engine.start({});
    workers[1]!.onerror?.({ message: 'not found' });
    expect(heard).toEqual(['failure: no Wasm', 'failure: not found']);
    expect(workers[0]!.ended).toBe(true);
  });

  it('is silent after stop', () => {
    engine.start({});
    const [worker] = workers;
    engine.stop();
    worker!.onmessage?.({ data: progress(worker!.jobs[0]!.id) });
    expect(heard).toEqual([]);
  });
});
