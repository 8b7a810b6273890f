// The planner's sources as one thing, for what vite does not build: the npm package and the single file.
import { transform, build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WORKER = /new URL\('\.\/worker\.ts', import\.meta\.url\)(, \{ type: 'module' \})?/;

/** `worker` is the expression that stands for the worker's address; `glue` says what becomes of the Wasm package. */
const sources = ({ worker, glue }) => ({
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
      contents: (await readFile(path, 'utf8')).replace(WORKER, worker),
      loader: 'ts',
    }));
    if (glue.external) onResolve({ filter: /pkg\/poolwise\.js$/ }, () => ({ path: glue.external, external: true }));
    if (glue.wasm) {
      onLoad({ filter: /pkg\/poolwise\.js$/ }, async ({ path }) => {
        const code = await readFile(path, 'utf8');
        const inlined = code.replace("new URL('poolwise_bg.wasm', import.meta.url)", glue.wasm);
        if (inlined === code) throw new Error('the Wasm package does not name its file as it used to');
        return { contents: inlined, loader: 'js' };
      });
    }
  },
});

export async function bundle({ entries, worker = 'undefined', glue = {}, home = '', ...options }) {
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
    plugins: [sources({ worker, glue })],
    outdir: '/',
    ...options,
  });
  return outputFiles.map(({ path, contents, text }) => ({ name: path.replace(/^.*[\\/]/, ''), contents, text }));
}
