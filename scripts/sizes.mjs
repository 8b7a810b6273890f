// What the first load of the page weighs, packed, against the goals, and against what it may weigh until they are reached; exits 1 when
// it has grown beyond that.  usage: node scripts/sizes.mjs [FOLDER]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SITE = process.argv[2] ?? fileURLToPath(new URL('../site', import.meta.url));
// In units of 1024 bytes, as gzip -9 packs them.
const GOALS = { engine: 90, all: 150 };
// The engine checks every key of a scenario with words for each, simulates, reports, advises and writes settings in one module: it is far
// from its goal. It must not move further away.
const BUDGETS = { engine: 769, all: 850 };

const packed = (name) => gzipSync(readFileSync(join(SITE, name)), { level: 9 }).length / 1024;
const address = (name, from) => new URL(name, `http://x/${from}`).pathname.slice(1);

/** The files that `name` asks for: at once, or (`later`) only when something is done. */
function asked(name) {
  const text = readFileSync(join(SITE, name), 'utf8');
  const all = (pattern) => [...text.matchAll(pattern)].map(([, found]) => address(found, name));
  if (name.endsWith('.html')) return { now: all(/(?:src|href)="(\.?\/?[^":#]+\.(?:js|css))"/g), later: [] };
  if (!name.endsWith('.js')) return { now: [], later: [] };
  const beside = all(/new URL\(["'`]([^"'`]+\.(?:js|wasm))["'`],\s*import\.meta\.url/g);
  return { now: [...all(/(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g), ...beside], later: all(/import\(["'`](\.{1,2}\/[^"'`]+)["'`]\)/g) };
}

const now = new Set(['index.html']);
const later = new Set();
for (const name of now) {
  const found = asked(name);
  for (const other of found.now) now.add(other);
  for (const other of found.later) later.add(other);
}
for (const name of later) {
  const found = asked(name);
  for (const other of [...found.now, ...found.later]) later.add(other);
  if (now.has(name)) later.delete(name);
}

const kinds = { engine: /\.wasm$/, 'worker and its glue': /worker[^/]*\.js$/, script: /\.js$/, style: /\.css$/, page: /\.html$/ };
const rows = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
for (const name of now) rows[Object.keys(kinds).find((kind) => kinds[kind].test(name))] += packed(name);
rows.all = Object.values(rows).reduce((sum, size) => sum + size, 0);

const line = (name, size) => {
  const [goal, budget] = [GOALS[name], BUDGETS[name]];
  const broken = size > budget ? `, ${(size - budget).toFixed(1)} too many` : '';
  const verdict = goal === undefined ? '' : `the goal is ${goal}${size > goal ? ', missed' : ''}; may be ${budget}${broken}`;
  console.log(`${name.padEnd(34)} ${size.toFixed(1).padStart(8)} KB  ${verdict}`);
};
if (rows.engine === 0 || rows.script === 0) throw new Error('the first load is not what it used to be: has the build changed its names?');
for (const [name, size] of Object.entries(rows)) line(name, size);
for (const name of later) line(`later: ${name}`, packed(name));
process.exitCode = Object.entries(BUDGETS).some(([name, budget]) => rows[name] > budget) ? 1 : 0;
