// The planner as one file that needs no server: site/poolwise.html.  usage: node scripts/single.mjs, after `npm run build`
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { bundle, ROOT } from './bundle.mjs';

const read = (name) => readFile(`${ROOT}www/${name}`, 'utf8');
// A closing tag within a script would end it.
const script = (code) => code.replaceAll('</script', '<\\/script');

const glue = { 'pkg-import': { wasm: 'globalThis.poolwiseImport()' } };
const [worker] = await bundle({ entries: ['www/src/engine/worker.ts'], format: 'iife' });
const [element] = await bundle({ entries: ['www/src/element.ts'], worker: 'globalThis.poolwiseWorker()', wasm: 'globalThis.poolwiseWasm()', glue, home: '' });
const packed = async (folder) => gzipSync(await readFile(`${ROOT}www/${folder}/poolwise_bg.wasm`), { level: 9 }).toString('base64');

// A file has no origin from which anything could be fetched.
const start = `const unpack = (id) => {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (char) => char.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
};
const worker = URL.createObjectURL(new Blob([document.getElementById('worker').textContent], { type: 'text/javascript' }));
globalThis.poolwiseWasm = () => unpack('wasm');
globalThis.poolwiseImport = () => unpack('wasm-import');
globalThis.poolwiseWorker = () => worker;
`;

const page = (await read('index.html'))
  .replace(/<link rel="icon"[^>]*>/, `<link rel="icon" href="data:image/svg+xml;base64,${Buffer.from(await read('icon.svg')).toString('base64')}">`)
  .replace(/<link rel="stylesheet"[^>]*>/, '<style></style>')
  .replace(/\s*<script type="module"[^>]*><\/script>/, '')
  // The book is not in the file, and the file itself need not be had.
  .replace(/\s*<nav>.*<\/nav>/, '')
  .replace(/\s*<p><a href="(book\/|poolwise.html)".*<\/p>/g, '')
  .replace('<style></style>', `<style>${(await read('page.css')).trim()}</style>`)
  .replace('</body>', `  <script type="text/plain" id="wasm">${await packed('pkg')}</script>
    <script type="text/plain" id="wasm-import">${await packed('pkg-import')}</script>
</body>`)
  .replace('</body>', () => `  <script type="text/plain" id="worker">${script(worker.text)}</script>
    <script type="module">{ ${start} }
${script(element.text)}</script>
  </body>`);
await writeFile(`${ROOT}site/poolwise.html`, page);
console.log(`single file  ${Math.round(page.length / 1024)} KB in site/poolwise.html`);
