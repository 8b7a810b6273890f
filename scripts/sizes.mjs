// What the first load of the page weighs, packed, against its budgets; exits 1 when one is broken.  usage: node scripts/sizes.mjs [FOLDER]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SITE = process.argv[2] ?? fileURLToPath(new URL('../site', import.meta.url));
// In units of 1024 bytes, as gzip -9 packs them.
const BUDGETS = { engine: 90, all: 150 };

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

const line = (name, size, budget) => {
  const verdict = budget === undefined ? '' : size <= budget ? `of ${budget}` : `of ${budget}: ${(size - budget).toFixed(1)} too many`;
  console.log(`${name.padEnd(34)} ${size.toFixed(1).padStart(8)} KB  ${verdict}`);
};
if (rows.engine === 0 || rows.script === 0) throw new Error('the first load is not what it used to be: has the build changed its names?');
for (const [name, size] of Object.entries(rows)) line(name, size, BUDGETS[name]);
for (const name of later) line(`later: ${name}`, packed(name));
process.exitCode = Object.entries(BUDGETS).some(([name, budget]) => rows[name] > budget) ? 1 : 0;
