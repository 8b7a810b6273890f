// A worker does one of two things: it leads a job, whose pieces it hands out and takes, or it does whatever piece it is given.
import { film, initSync, Job } from '../../pkg/poolwise.js';
import { messageOf, problemsIn } from '../problems.js';
import type { Order, Piece, Question, Reply, Shared } from './protocol.js';

// The least time between two interim results, in milliseconds.
const PAUSE = 120;
const SEED = 1;

const say = (reply: Reply, move: Transferable[] = []) => postMessage(reply, { transfer: move });
const prepared = ({ kind, scenario, options, other }: Question) =>
  new Job(kind as keyof Shared, scenario, options, other as NonNullable<typeof other>);

/** The job that this worker leads. */
let led: { id: number; question: Question; job: Job; open: number; said: number; stage?: string | undefined } | undefined;
/** The job whose pieces it did last. */
let helped: { id: number; job: Job } | undefined;

function lead(id: number, question: Question) {
  led?.job.free();
  // A question that makes no sense throws, and leaves nothing behind that would be freed again.
  led = undefined;
  led = { id, question, job: prepared(question), open: 0, said: -Infinity };
  ask();
}

/** Hand out the pieces that can be done now; when there are none, it is finished. */
function ask() {
  if (!led) return;
  const { id, job } = led;
  const pieces = job.pieces();
  led.open = pieces.length;
  tell(pieces.length === 0);
  if (pieces.length > 0) say({ id, says: 'pieces', pieces });
  else say({ id, says: 'finished' });
}

function tell(finished: boolean) {
  if (!led) return;
  const { id, job, said, question } = led;
  const [progress, stage] = [job.progress(), job.stage()];
  const due = stage !== led.stage || (performance.now() - said >= PAUSE && progress.done > 0);
  if (!due && !finished) return;
  say({ id, says: 'progress', progress, what: stage });
  const told = finished && question.kind === 'run' ? job.replay() : undefined;
  const result = job.result();
  if (result) say({ id, says: 'result', result, told });
  [led.said, led.stage] = [performance.now(), stage];
}

function take(done: (Order & { does: 'take' })['done']) {
  if (!led) return;
  for (const { piece, bytes } of done) led.job.take(piece, bytes);
  led.open -= done.length;
  if (led.open === 0) ask();
  else tell(false);
}

function perform(id: number, question: Question, piece: Piece) {
  if (helped?.id !== id) {
    helped?.job.free();
    helped = undefined;
    helped = { id, job: prepared(question) };
  }
  const bytes = helped.job.perform(piece) as Uint8Array<ArrayBuffer>;
  say({ id, says: 'performed', bytes }, [bytes.buffer]);
}

function answer(id: number, { scenario, options, scene }: Question) {
  const { instance, from, until } = scene ?? { instance: 0, from: 0, until: 60 };
  say({ id, says: 'result', result: film(scenario, options?.seed ?? SEED, instance, from, until) });
  say({ id, says: 'finished' });
}

function obey(order: Order) {
  switch (order.does) {
    case 'start':
      initSync({ module: order.module });
      return say({ id: order.id, says: 'ready' });
    case 'lead':
      return lead(order.id, order.question);
    case 'take':
      return order.id === led?.id ? take(order.done) : undefined;
    case 'perform':
      return perform(order.id, order.question, order.piece);
    case 'answer':
      return answer(order.id, order.question);
  }
}

addEventListener('message', ({ data: order }: MessageEvent<Order>) => {
  try {
    obey(order);
  } catch (thrown) {
    const problems = problemsIn(thrown);
    say(problems ? { id: order.id, says: 'problems', problems } : { id: order.id, says: 'failure', message: messageOf(thrown) });
  }
});
