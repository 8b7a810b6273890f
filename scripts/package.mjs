// The npm package "poolwise" in package/, from www/pkg and www/src.  usage: node scripts/package.mjs, after `make wasm`
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { bundle, renamed, ROOT } from './bundle.mjs';

const OUT = `${ROOT}package/`;
const write = (name, content) => writeFile(OUT + name, content);
const wasm = await readFile(`${ROOT}www/pkg/poolwise_bg.wasm`);

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
for (const name of ['poolwise.js', 'poolwise.d.ts', 'poolwise_bg.wasm', 'poolwise_bg.wasm.d.ts']) await copyFile(`${ROOT}www/pkg/${name}`, OUT + name);
await copyFile(`${ROOT}www/pkg-import/poolwise_bg.wasm`, `${OUT}import_bg.wasm`);
await write('import.js', renamed(await readFile(`${ROOT}www/pkg-import/poolwise.js`, 'utf8'), "new URL('import_bg.wasm', import.meta.url)"));
for (const name of ['README.md', 'element.d.ts']) await copyFile(`${ROOT}www/package/${name}`, OUT + name);
for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) await copyFile(ROOT + name, OUT + name);

// Ready when it is imported: in Node from the file, elsewhere by a request that bundlers know how to follow.
await write('index.js', "import init from './poolwise.js';\nawait init();\nexport * from './poolwise.js';\n");
await write('index.node.js', `import { readFileSync } from 'node:fs';
import { initSync } from './poolwise.js';
initSync({ module: readFileSync(new URL('./poolwise_bg.wasm', import.meta.url)) });
export * from './poolwise.js';
`);
await write('index.d.ts', "export * from './poolwise.js';\n");
await write('inline.d.ts', "export * from './poolwise.js';\n");

const [inline] = await bundle({
  glue: { pkg: { wasm: "Uint8Array.from(atob(INLINED), (char) => char.charCodeAt(0))" } },
  define: { INLINED: JSON.stringify(wasm.toString('base64')) },
  entries: undefined,
  stdin: { contents: "import init from './www/pkg/poolwise.js';\nawait init();\nexport * from './www/pkg/poolwise.js';", resolveDir: ROOT },
});
await write('inline.js', inline.contents);

const element = await bundle({
  entries: { element: 'www/src/element.ts', worker: 'www/src/engine/worker.ts' },
  worker: "new URL('./worker.js', import.meta.url), { type: 'module' }",
  wasm: "new URL('./poolwise_bg.wasm', import.meta.url)",
  glue: { pkg: { external: './poolwise.js' }, 'pkg-import': { external: './import.js' } },
  splitting: true,
  chunkNames: 'part-[hash]',
});
for (const { name, contents } of element) await write(name, contents);

const cargo = await readFile(`${ROOT}Cargo.toml`, 'utf8');
const of = (key) => new RegExp(`^${key} = "(.*)"`, 'm').exec(cargo)?.[1];
const entry = (types, where) => ({ types: `./${types}`, ...where });
const manifest = {
  name: 'poolwise',
  version: of('version'),
  description: 'Connection-pool simulator and sizing calculator: functions for Node and browsers, and the planner as an element',
  license: of('license'),
  repository: of('repository') && { type: 'git', url: `git+${of('repository')}.git` },
  keywords: ['connection-pool', 'database', 'simulation', 'queueing', 'web-component', 'wasm'],
  type: 'module',
  engines: { node: '>=20' },
  exports: {
    '.': entry('index.d.ts', { node: './index.node.js', default: './index.js' }),
    './element': entry('element.d.ts', { default: './element.js' }),
    './wasm': entry('poolwise_bg.wasm.d.ts', { default: './poolwise_bg.wasm' }),
    './inline': entry('inline.d.ts', { default: './inline.js' }),
    './package.json': './package.json',
  },
  // Everything that is imported does something: it starts the Wasm, or defines the element.
  sideEffects: ['./index.js', './index.node.js', './inline.js', './element.js', './worker.js', './part-*.js'],
};
await write('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`package  ${manifest.name} ${manifest.version} in package/`);
