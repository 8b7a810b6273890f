// Runs one job step by step and reports after each step. The page ends a job by ending the worker.
import { Comparison, Search, Simulation } from '../../pkg/poolwise.js';
import type { Progress } from '../../pkg/poolwise.js';
import { messageOf, problemsIn } from '../problems.js';
import type { Job, Kind, Reply, Results } from './protocol.js';
import { start } from './wasm.js';

// The least time between two interim results, in milliseconds.
const PAUSE = 120;

interface Work {
  step(): Progress;
  result(): Results[Kind];
  free(): void;
}

function begin({ kind, scenario }: Job): Work {
  if (kind === 'search') {
    const search = new Search(scenario);
    return { step: () => search.step(), result: () => search.recommendation(), free: () => search.free() };
  }
  if (kind === 'compare') {
    const comparison = new Comparison(scenario);
    return { step: () => comparison.step(), result: () => comparison.report(), free: () => comparison.free() };
  }
  const run = new Simulation(scenario);
  return { step: () => run.step(), result: () => run.report(), free: () => run.free() };
}

function perform(job: Job, say: (reply: Reply) => void): void {
  const work = begin(job);
  let said = -Infinity;
  for (;;) {
    const progress = work.step();
    const due = performance.now() - said >= PAUSE;
    if (due || progress.finished) {
      say({ id: job.id, says: 'progress', progress });
      say({ id: job.id, says: 'result', result: work.result() });
      said = performance.now();
    }
    if (progress.finished) break;
  }
  work.free();
  say({ id: job.id, says: 'finished' });
}

async function answer(job: Job): Promise<void> {
  const say = (reply: Reply) => postMessage(reply);
  try {
    await start();
    perform(job, say);
  } catch (thrown) {
    const problems = problemsIn(thrown);
    if (problems) say({ id: job.id, says: 'problems', problems });
    else say({ id: job.id, says: 'failure', message: messageOf(thrown) });
  }
}

addEventListener('message', (event: MessageEvent<Job>) => void answer(event.data));
