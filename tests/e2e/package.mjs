// The npm package, from its tarball: in Node, in an app that Vite builds, and in a page with a script tag.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'vite';
import { serve } from '../../scripts/serve.mjs';
import { check, performAll, planner, ROOT, test } from './harness.mjs';

const run = (command, given, options = {}) => execFileSync(command, given, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
const app = await mkdtemp(join(tmpdir(), 'package-'));
const scenario = {
  traffic: { rate: '90/s' }, query: [{ hold: 'exponential(mean=20ms)' }], pool: { max_size: 3, acquire_timeout: '100ms' }, slo: ['wait.p99 <= 50ms'],
};

run('npm', ['pack', '--silent', '--pack-destination', app], { cwd: `${ROOT}package` });
await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
run('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', ...run('ls', [app]).match(/\S+\.tgz/g).map((name) => `./${name}`)], { cwd: app });

/** What a module prints in Node. */
const node = (source) => run('node', ['--input-type=module', '--eval', source], { cwd: app });

/** Without what is null: the functions leave it out. */
const known = (value) => {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null).map(([key, one]) => [key, known(one)]));
};

/** The command line, built last. */
function native(given, input) {
  const folder = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const built = [process.env.POOLWISE, `${folder}/release/poolwise`, `${folder}/debug/poolwise`].filter((path) => path && existsSync(path));
  built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  check(built.length > 0, 'the command line is not built: cargo build');
  return JSON.parse(run(process.env.POOLWISE ?? built[0], given, { input }));
}

const served = async (folder) => {
  const server = await serve(folder, 0);
  return { at: `http://127.0.0.1:${server.address().port}/`, server };
};

test('answers in Node as the command line does', async () => {
  const expected = known(native(['simulate', '-', '--format', 'json', '--replications', '6'], JSON.stringify(scenario)));
  for (const name of ['poolwise', 'poolwise/inline']) {
    const found = known(JSON.parse(node(`import { simulate } from '${name}'; console.log(JSON.stringify(simulate(${JSON.stringify(scenario)}, { replications: 6 })));`)));
    const other = Object.keys({ ...expected, ...found }).filter((key) => !isDeepStrictEqual(found[key], expected[key]));
    check(other.length === 0, `${name} differs in ${other.map((key) => `${key}: ${JSON.stringify(found[key])?.slice(0, 80)}, natively ${JSON.stringify(expected[key])?.slice(0, 80)}`)}`);
  }
});

test('can be imported without a DOM, and its Wasm as a file', async () => {
  const said = node("import 'poolwise/element'; import 'poolwise/element'; import { fileURLToPath } from 'node:url'; console.log(fileURLToPath(import.meta.resolve('poolwise/wasm')));");
  check(said.trim().endsWith('poolwise_bg.wasm'), said);
});

test('works in an app that Vite builds', async ({ page }) => {
  await mkdir(join(app, 'vite'));
  await writeFile(join(app, 'vite/index.html'), '<!doctype html><title>app</title><link rel="icon" href="data:,"><pool-planner></pool-planner><script type="module" src="./main.js"></script>');
  await writeFile(join(app, 'vite/main.js'), `import 'poolwise/element';
import { recommend } from 'poolwise';
document.title = recommend(${JSON.stringify(scenario)}).recommended.max_size;`);
  await build({ root: join(app, 'vite'), configFile: false, logLevel: 'error', build: { target: 'es2022' }, worker: { format: 'es' } });
  const { at, server } = await served(join(app, 'vite/dist'));
  try {
    await page.goto(at);
    const view = planner(page);
    check(/\d/.test(await view.answered()), 'no answer');
    check(Number(await page.title()) > 3, `recommends ${await page.title()}`);
  } finally {
    server.close();
  }
});

test('works in a page with a script tag', async ({ page }) => {
  await writeFile(join(app, 'plain.html'), `<!doctype html><title>plain</title><link rel="icon" href="data:,">
    <script type="module" src="node_modules/poolwise/element.js"></script><pool-planner scenario='${JSON.stringify(scenario)}'></pool-planner>`);
  const { at, server } = await served(app);
  try {
    await page.goto(`${at}plain.html`);
    const view = planner(page);
    check(/\d/.test(await view.answered()), 'no answer');
    check((await view.root.locator('.share').count()) === 0, 'offers a link that leads nowhere');
    await view.root.locator('.menu-button').click();
    await view.root.getByRole('menuitem', { name: 'Scenario as TOML' }).click();
    await view.root.locator('pool-paper textarea').waitFor();
  } finally {
    server.close();
  }
});

await performAll();
await rm(app, { recursive: true });
