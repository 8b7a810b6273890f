import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advise, alerts, Job, recommend, simulate } from '../../pkg/poolwise.js';
import { Crew } from './crew.js';
import { Line, type Listener } from './line.js';
import { NOBODY, type Order, type Question, type Reply } from './protocol.js';
import { startFromFile } from './testing.js';

/** A worker that is told what it hears by hand; it runs at once, unless it is `slow`. */
class FakeWorker {
  static slow = false;
  private hear: ((event: { data: Reply }) => void) | undefined;
  onerror: ((event: { message: string }) => void) | null = null;
  orders: Order[] = [];
  ended = false;
  set onmessage(hear: (event: { data: Reply }) => void) {
    this.hear = hear;
    if (!FakeWorker.slow) this.says({ id: NOBODY, says: 'ready' });
  }
  postMessage(order: Order) {
    this.orders.push(order);
  }
  terminate() {
    this.ended = true;
  }
  says(reply: Reply) {
    if (!this.ended) this.hear?.({ data: reply });
  }
  get last(): Order {
    return this.orders.at(-1)!;
  }
}

let heard: string[];
let workers: FakeWorker[];
let crew: Crew;
let line: Line<'run'>;
const listener: Listener<'run'> = {
  progress: ({ done }) => heard.push(`progress ${done}`),
  result: (result) => heard.push(`result ${String(result)}`),
  problems: (problems) => heard.push(`${problems.length} problems`),
  failure: (message) => heard.push(`failure: ${message}`),
  finished: () => heard.push('finished'),
};
const question: Question<'run'> = { kind: 'run', scenario: {} };
const piece = (n: number) => Uint8Array.of(n);
const bytes = (n: number) => Uint8Array.of(n);

beforeEach(() => {
  heard = [];
  workers = [];
  FakeWorker.slow = false;
  crew = new Crew(2, () => {
    workers.push(new FakeWorker());
    return workers.at(-1) as unknown as Worker;
  });
  line = new Line(listener, () => crew);
});

/** Start a run of three pieces: the lead and two hands at the first two. */
function begun() {
  line.start(question);
  const lead = workers[0]!;
  const { id } = lead.last;
  lead.says({ id, says: 'pieces', pieces: [piece(0), piece(1), piece(2)] });
  return { id, lead, hands: [workers[1]!, workers[2]!] as const };
}

describe('a line of work', () => {
  it('shares the pieces and takes them in their order', () => {
    const { id, lead, hands } = begun();
    hands[1].says({ id, says: 'performed', bytes: bytes(1) });
    expect(lead.orders).toHaveLength(1);
    hands[0].says({ id, says: 'performed', bytes: bytes(0) });
    expect(lead.last).toEqual({ id, does: 'take', done: [{ piece: piece(0), bytes: bytes(0) }, { piece: piece(1), bytes: bytes(1) }] });
    expect(hands[1].last).toMatchObject({ does: 'perform', piece: piece(2) });
  });

  it('keeps what came of a search, and does none of it again for advice', () => {
    const search = { kind: 'search', scenario: {} } as const;
    const [first, then] = [line as unknown as Line<'search'>, new Line(listener as unknown as Listener<'advise'>, () => crew)];
    first.start(search);
    const [lead] = workers;
    const { id } = lead!.last;
    lead!.says({ id, says: 'pieces', pieces: [piece(0), piece(1)] });
    [1, 2].forEach((n) => workers[n]!.says({ id, says: 'performed', bytes: bytes(n) }));
    lead!.says({ id, says: 'finished' });
    then.start({ ...search, kind: 'advise' }, first.handOver());
    const again = lead!.last.id;
    lead!.says({ id: again, says: 'pieces', pieces: [piece(1), piece(7), piece(0)] });
    expect(lead!.last).toEqual({ id: again, does: 'take', done: [{ piece: piece(1), bytes: bytes(2) }] });
    expect(workers[1]!.last).toMatchObject({ id: again, does: 'perform', piece: piece(7) });
    workers[1]!.says({ id: again, says: 'performed', bytes: bytes(9) });
    expect(lead!.last).toMatchObject({ done: [{ piece: piece(7), bytes: bytes(9) }, { piece: piece(0), bytes: bytes(1) }] });
    expect(first.handOver().size).toBe(0);
  });

  it('forgets what came of a search that is stopped', () => {
    const search = line as unknown as Line<'search'>;
    search.start({ kind: 'search', scenario: {} });
    const { id } = workers[0]!.last;
    workers[0]!.says({ id, says: 'pieces', pieces: [piece(0), piece(1)] });
    workers[1]!.says({ id, says: 'performed', bytes: bytes(1) });
    search.stop();
    expect(search.handOver().size).toBe(0);
  });

  it('keeps a lead that waits for pieces, and ends one that works out the next', () => {
    const { lead } = begun();
    line.stop();
    expect(lead.ended).toBe(false);
    line.start(question);
    const { id } = lead.last;
    lead.says({ id, says: 'pieces', pieces: [piece(0)] });
    workers.find((hand) => hand.last.does === 'perform' && hand.last.id === id)!.says({ id, says: 'performed', bytes: bytes(0) });
    expect(lead.last.does).toBe('take');
    line.stop();
    expect(lead.ended).toBe(true);
  });

  it('passes on what its lead says, and ends', () => {
    const { id, lead } = begun();
    lead.says({ id, says: 'progress', progress: { done: 3, total: 3, finished: true } });
    lead.says({ id, says: 'finished' });
    expect(heard).toEqual(['progress 3', 'finished']);
  });

  it('ends who is at work for a stopped question, and never passes on an old answer', () => {
    const { id, lead, hands } = begun();
    line.start(question);
    expect(hands.map(({ ended }) => ended)).toEqual([true, true]);
    lead.says({ id, says: 'finished' });
    expect(heard).toEqual([]);
  });

  it('keeps idle workers for the next question', () => {
    const { id, lead, hands } = begun();
    hands.forEach((hand) => hand.says({ id, says: 'performed', bytes: bytes(0) }));
    hands[0].says({ id, says: 'performed', bytes: bytes(2) });
    lead.says({ id, says: 'finished' });
    line.start(question);
    expect(workers).toHaveLength(3);
    expect(lead.last).toMatchObject({ does: 'lead' });
  });

  it('says when a worker fails, and starts another the next time', () => {
    line.start(question);
    workers[0]!.onerror?.({ message: 'not found' });
    expect(heard).toEqual(['failure: not found']);
    line.start(question);
    expect(workers).toHaveLength(2);
  });

  it('never ends a worker that is loading, and gives it the newest question alone', () => {
    FakeWorker.slow = true;
    line.start(question);
    line.start(question);
    expect(workers).toHaveLength(1);
    const [lead] = workers;
    expect([lead!.ended, lead!.orders.length]).toEqual([false, 0]);
    lead!.says({ id: NOBODY, says: 'ready' });
    expect(lead!.orders).toHaveLength(1);
    lead!.says({ id: lead!.last.id, says: 'finished' });
    expect(heard).toEqual(['finished']);
  });

  it('says that a worker could not be loaded, even to who asks it later', async () => {
    FakeWorker.slow = true;
    line.start(question);
    line.stop();
    workers[0]!.onerror?.({ message: 'not found' });
    line.start(question);
    await Promise.resolve();
    expect(heard).toEqual(['failure: not found']);
    line.start(question);
    expect(workers).toHaveLength(2);
  });

  it('lets several lines take turns', () => {
    begun();
    const crew = new Crew(1, () => {
      workers.push(new FakeWorker());
      return workers.at(-1) as unknown as Worker;
    });
    const [one, other] = [new Line(listener, () => crew), new Line(listener, () => crew)];
    const from = workers.length;
    one.start(question);
    other.start(question);
    const leads = workers.slice(from);
    leads.forEach((lead) => lead.says({ id: lead.last.id, says: 'pieces', pieces: [piece(0), piece(1)] }));
    const hand = workers.at(-1)!;
    const served: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      served.push(hand.last.id);
      hand.says({ id: hand.last.id, says: 'performed', bytes: bytes(0) });
    }
    expect(served[0]).not.toBe(served[1]);
    expect(served[2]).toBe(served[0]);
  });
});

describe('pieces that others did', () => {
  beforeAll(startFromFile);
  const scenario = { traffic: { rate: '300/s' }, query: [{ hold: 'lognormal(p50=5ms, p99=80ms)' }], slo: ['wait.p99 <= 20ms'] };
  const nothing = undefined as unknown as object;

  it.each(['run', 'search', 'advise', 'alerts'] as const)('give the answer of one %s alone, bit for bit', (kind) => {
    const [asks, helps] = [new Job(kind, scenario, { seed: 3 }, nothing), new Job(kind, scenario, { seed: 3 }, nothing)];
    for (let pieces = asks.pieces(); pieces.length > 0; pieces = asks.pieces()) {
      const done = [...pieces].reverse().map((one) => [one, helps.perform(one)] as const);
      done.reverse().forEach(([one, outcome]) => asks.take(one, outcome));
    }
    const alone = { run: simulate, search: recommend, advise, alerts }[kind](scenario, { seed: 3 });
    expect(JSON.stringify(asks.result())).toBe(JSON.stringify(alone));
  });
});
