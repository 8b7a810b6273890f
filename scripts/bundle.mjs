// The planner's sources as one thing, for what vite does not build: the npm package and the single file.
import { transform, build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WASM = "new URL('../../pkg/poolwise_bg.wasm', import.meta.url)";
const WORKER = /new URL\('\.\/worker\.ts', import\.meta\.url\)(, \{ type: 'module' \})?/;

/**
 * `worker` is the expression that stands for the worker's address, and `wasm` for that of the Wasm. `glue` says by folder what becomes
 * of a Wasm package: it stays a file of its own (`external`), or what stands for its Wasm (`wasm`).
 */
const sources = ({ worker, wasm, glue }) => ({
  name: 'sources',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\?inline$/ }, async ({ path, resolveDir }) => ({
      path: path.startsWith('.') ? `${resolveDir}/${path.slice(0, -7)}` : `${ROOT}node_modules/${path.slice(0, -7)}`,
      namespace: 'sheet',
    }));
    onLoad({ filter: /.*/, namespace: 'sheet' }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code.trim(), loader: 'text' };
    });
    onLoad({ filter: /src\/engine\/\w+\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(WORKER, worker).replace(WASM, wasm),
      loader: 'ts',
    }));
    onResolve({ filter: /\/pkg(-import)?\/poolwise\.js$/ }, ({ path }) => {
      const found = glue[folderOf(path)]?.external;
      return found && { path: found, external: true };
    });
    onLoad({ filter: /[\\/]pkg(-import)?[\\/]poolwise\.js$/ }, async ({ path }) => {
      const found = glue[folderOf(path)]?.wasm;
      return found && { contents: renamed(await readFile(path, 'utf8'), found), loader: 'js' };
    });
  },
});

const folderOf = (path) => path.split(/[\\/]/).at(-2);

/** The glue with another expression for the address of its Wasm. */
export function renamed(code, wasm) {
  const changed = code.replace("new URL('poolwise_bg.wasm', import.meta.url)", wasm);
  if (changed === code) throw new Error('the Wasm package does not name its file as it used to');
  return changed;
}

export async function bundle({ entries, worker = 'undefined', wasm = 'undefined', glue = {}, home = '', ...options }) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: entries,
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    format: 'esm',
    target: 'es2022',
    // Lit for Node lives in browsers too, and importing it needs no DOM.
    platform: 'neutral',
    conditions: ['node', 'module'],
    mainFields: ['module', 'main'],
    tsconfig: `${ROOT}www/tsconfig.json`,
    define: { 'import.meta.env.VITE_HOME': home === null ? 'undefined' : JSON.stringify(home), 'import.meta.env.PROD': 'true' },
    plugins: [sources({ worker, wasm, glue })],
    outdir: '/',
    ...options,
  });
  return outputFiles.map(({ path, contents, text }) => ({ name: path.replace(/^.*[\\/]/, ''), contents, text }));
}
