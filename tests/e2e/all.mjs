// Every flow, file by file; says at the end which did not hold.  usage: node tests/e2e/all.mjs, after `make site package`
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = ['planner', 'inputs', 'views', 'out', 'embed', 'csp', 'offline', 'package', 'single', 'axe', 'book', 'visual', 'perf'];
const FIREFOX = ['flows', 'single'];

const broken = [];
function run(name, browser) {
  const path = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  if (!existsSync(path)) return;
  const start = Date.now();
  console.log(`-- ${name} in ${browser}`);
  const { status } = spawnSync(process.execPath, [path], { stdio: 'inherit', env: { ...process.env, BROWSER: browser } });
  if (status !== 0) broken.push(`${name} in ${browser}`);
  console.log(`   ${Math.round((Date.now() - start) / 1000)} s`);
}
for (const name of FILES) run(name, 'chromium');
for (const name of FIREFOX) run(name, 'firefox');
if (broken.length > 0) console.log(`did not hold: ${broken.join(', ')}`);
process.exitCode = broken.length === 0 ? 0 : 1;
