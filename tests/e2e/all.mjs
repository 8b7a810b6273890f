// Every flow, two files at a time, one flow of each; says at the end which did not hold.  usage: node tests/e2e/all.mjs, after `make site package`
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The longest first, so that no lane is left alone at the end.
const CHROMIUM = ['planner', 'inputs', 'axe', 'views', 'out', 'embed', 'book', 'visual', 'csp', 'offline', 'package', 'single'];
const FIREFOX = ['flows', 'single'];
// Counts frames: nothing else may be at work.
const ALONE = ['perf'];

const broken = [];

/** Resolves when a file's flows are done, and tells of them at once, not mixed with another's. */
function run([name, browser], env) {
  const path = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  if (!existsSync(path)) return undefined;
  const start = Date.now();
  const flows = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env, BROWSER: browser } });
  const told = [];
  for (const stream of [flows.stdout, flows.stderr]) stream.on('data', (chunk) => told.push(chunk));
  return new Promise((done) => flows.on('close', (status) => {
    if (status !== 0) broken.push(`${name} in ${browser}`);
    console.log(`-- ${name} in ${browser}\n${Buffer.concat(told)}   ${Math.round((Date.now() - start) / 1000)} s`);
    done();
  }));
}

const of = (names, browser) => names.map((name) => [name, browser]);
const left = [...of(CHROMIUM, 'chromium'), ...of(FIREFOX, 'firefox')].values();
const lane = async () => {
  for (const file of left) await run(file, { LANES: '1' });
};
await Promise.all([lane(), lane()]);
for (const file of of(ALONE, 'chromium')) await run(file, {});
if (broken.length > 0) console.log(`did not hold: ${broken.join(', ')}`);
process.exitCode = broken.length === 0 ? 0 : 1;
