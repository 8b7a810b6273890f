// One line of work: a question at a time, shared among the crew. A new question ends the one before, and an answer to an old one is
// never passed on.
import type { Problem, Progress } from '../../pkg/poolwise.js';
import { crew, type Client, type Crew, type Errand, type Helper } from './crew.js';
import { NOBODY, type Kind, type Order, type Piece, type Question, type Reply, type Results, type Told } from './protocol.js';

export interface Listener<K extends Kind> {
  progress(progress: Progress, what?: string): void;
  result(result: Results[K], told?: Told): void;
  problems(problems: Problem[]): void;
  failure(message: string): void;
  finished(): void;
}

const ALONE: Kind = 'film';
/** Advice begins with the search's own pieces: what came of those is kept for it. */
const KEPT: Kind = 'search';
let questions = 0;

type Bytes = Uint8Array<ArrayBuffer>;
/** What came of pieces, by piece. */
type Kept = Map<string, Bytes>;

export class Line<K extends Kind> {
  /** What came of the last question's pieces, where it is kept. */
  private kept: Kept = new Map();
  private work: Work<K> | undefined;

  constructor(
    private readonly listener: Listener<K>,
    private readonly workers: () => Crew = crew,
  ) {}

  /** Ask; pieces that are `known` are not done again. */
  start(question: Question<K>, known: Kept = new Map()): void {
    this.stop();
    const end = () => (this.work = undefined);
    const heard = { ...this.listener, ...ending(this.listener, end) };
    this.work = new Work(question, heard, this.workers(), known, this.kept);
  }

  /** Hand over what was kept. */
  handOver(): Kept {
    const { kept } = this;
    this.kept = new Map();
    return kept;
  }

  /** Forget the question at work. */
  stop(): void {
    this.work?.end();
    this.work = undefined;
    this.kept = new Map();
  }
}

/** The ends of a question, after which there is no work. */
function ending<K extends Kind>(listener: Listener<K>, end: () => void): Pick<Listener<K>, 'problems' | 'failure' | 'finished'> {
  return {
    problems: (problems) => (end(), listener.problems(problems)),
    failure: (message) => (end(), listener.failure(message)),
    finished: () => (end(), listener.finished()),
  };
}

/** One question at work. */
class Work<K extends Kind> implements Client {
  private readonly id = (questions += 1);
  private lead: Helper | undefined;
  /** The pieces that are not taken, in their order, with what came of them. */
  private out: { piece: Piece; given: boolean; bytes: Bytes | undefined }[] = [];
  private asked = false;
  private over = false;

  constructor(
    private readonly question: Question<K>,
    private readonly listener: Listener<K>,
    private readonly crew: Crew,
    private readonly known: Kept,
    private readonly kept: Kept,
  ) {
    if (!this.alone) {
      this.lead = crew.lead((reply) => this.led(reply));
      this.lead.obey({ id: this.id, does: 'lead', question });
    }
    crew.enlist(this);
  }

  errand(): Errand | undefined {
    if (this.over) return undefined;
    return this.alone ? this.whole() : this.next();
  }

  /** A lead without pieces that are out prepares the first or those that come next, which can take a while. */
  end(busy = this.out.length === 0): void {
    if (this.over) return;
    this.over = true;
    this.crew.dismiss(this);
    if (this.lead) this.crew.release(this.lead, busy);
  }

  private get alone(): boolean {
    return this.question.kind === ALONE;
  }

  private whole(): Errand | undefined {
    if (this.asked) return undefined;
    this.asked = true;
    return { order: { id: this.id, does: 'answer', question: this.question }, heard: (reply) => this.heard(reply) };
  }

  private next(): Errand | undefined {
    const place = this.out.find(({ given, bytes }) => !given && !bytes);
    if (!place) return undefined;
    place.given = true;
    const { piece } = place;
    return {
      order: { id: this.id, does: 'perform', question: this.question, piece },
      heard: (reply) => {
        if (reply.says !== 'performed') return this.heard(reply);
        place.bytes = reply.bytes;
        // The lead gets the bytes themselves.
        if (this.question.kind === KEPT) this.kept.set(String(piece), reply.bytes.slice());
        this.pass();
      },
    };
  }

  /** Pass on to the lead what is done, in order. */
  private pass(): void {
    if (this.over || !this.lead) return;
    const open = this.out.findIndex(({ bytes }) => !bytes);
    const all = this.out.splice(0, open < 0 ? this.out.length : open);
    const done = all.map(({ piece, bytes }) => ({ piece, bytes: bytes! }));
    const order: Order = { id: this.id, does: 'take', done };
    if (done.length > 0) this.lead.obey(order, done.map(({ bytes }) => bytes.buffer));
  }

  private led(reply: Reply): void {
    if (this.over || (reply.id !== this.id && reply.id !== NOBODY)) return;
    if (reply.says !== 'pieces') return this.heard(reply);
    this.out = reply.pieces.map((piece) => ({ piece, given: false, bytes: this.known.get(String(piece))?.slice() }));
    this.pass();
    this.crew.enlist(this);
  }

  private heard(reply: Reply): void {
    if (this.over) return;
    switch (reply.says) {
      case 'progress':
        return this.listener.progress(reply.progress, reply.what);
      case 'result':
        return this.listener.result(reply.result as Results[K], reply.told);
      case 'problems':
        return this.finish(() => this.listener.problems(reply.problems));
      case 'failure':
        return this.finish(() => this.listener.failure(reply.message), true);
      case 'finished':
        return this.finish(() => this.listener.finished());
    }
  }

  /** It waits for nobody any more; what has failed may be at work for ever. */
  private finish(tell: () => void, failed = false): void {
    this.end(failed);
    tell();
  }
}
