// How fast the engine runs in Wasm (Node's V8) beside the native program: the same scenario, seed and replications, in turn.
// Usage: node scripts/wasm-speed.mjs [scenario.json], after `make wasm` and `cargo build --release`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { initSync, predict, recommend, simulate } = await import(`${root}www/pkg/poolwise.js`);
initSync({ module: readFileSync(`${root}www/pkg/poolwise_bg.wasm`) });

// The two take turns, and each round is compared with itself: the machine's speed changes in between.
const ROUNDS = 11;
const plain = {
  traffic: { rate: '800/s' },
  query: [{ hold: 'exponential(mean=20ms)' }],
  pool: { max_size: 20, acquire_timeout: 'none' },
};
const cases = process.argv[2]
  ? { [process.argv[2]]: JSON.parse(readFileSync(process.argv[2], 'utf8')) }
  : {
      'by recursion': plain,
      'by events': { ...plain, pool: { ...plain.pool, max_waiters: 1_000_000 } },
      'by events, with retries': {
        ...plain,
        traffic: { rate: '1050/s' },
        pool: { max_size: 20, acquire_timeout: '250ms' },
        client: { timeout: '1s', retries: 1 },
      },
    };
const replications = 20;

function native(scenario) {
  const start = performance.now();
  const ran = spawnSync(
    `${root}target/release/poolwise`,
    ['simulate', '-', '--threads', '1', '--replications', String(replications), '--format', 'json'],
    { input: JSON.stringify(scenario), encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (ran.status !== 0) throw new Error(ran.stderr || String(ran.error));
  return { seconds: (performance.now() - start) / 1000, report: JSON.parse(ran.stdout) };
}

function inWasm(scenario) {
  const start = performance.now();
  const report = simulate(scenario, { replications });
  return { seconds: (performance.now() - start) / 1000, report };
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
let least = Infinity;
for (const [name, scenario] of Object.entries(cases)) {
  const times = { native: [], wasm: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const one = native(scenario);
    const other = inWasm(scenario);
    if (one.report.wait.mean.mean !== other.report.wait.mean.mean) throw new Error(`${name}: the answers differ`);
    times.native.push(one.seconds);
    times.wasm.push(other.seconds);
  }
  const shares = times.native.map((seconds, round) => seconds / times.wasm[round]);
  const share = median(shares);
  least = Math.min(least, share);
  const [here, there] = [median(times.native), median(times.wasm)];
  const scatter = `${shares[0].toFixed(2)} to ${shares.at(-1).toFixed(2)}`;
  console.log(`${name}: native ${here.toFixed(2)} s, Wasm ${there.toFixed(2)} s: Wasm runs at ${share.toFixed(2)} of native (${scatter})`);
}
console.log(`least: ${least.toFixed(2)} (0.60 is asked for)`);

// The README's two recommendations, on one thread: theory's answer at once, the simulated one in under a second.
for (const [rate, hold] of [
  ['1000/s', 'lognormal(median=5ms, sigma=1.6972)'],
  ['300/s', 'lognormal(median=2ms, sigma=2.1652)'],
]) {
  const scenario = { traffic: { rate }, query: [{ hold }], slo: ['wait.p99 <= 50ms'] };
  const timed = (answer) => {
    const times = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      answer(scenario, {});
      return performance.now() - start;
    });
    return median(times);
  };
  const [theory, simulated] = [timed(predict), timed(recommend)];
  const size = recommend(scenario, {}).recommended.max_size;
  console.log(`recommend ${rate} ${hold}: theory ${theory.toFixed(1)} ms, ${size} connections after ${simulated.toFixed(0)} ms in Wasm`);
}
