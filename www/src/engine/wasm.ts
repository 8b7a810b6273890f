// The Wasm package of the page: loaded and compiled once, and started here and in every worker.
import init from '../../pkg/poolwise.js';

let started: Promise<void> | undefined;
let module: WebAssembly.Module | undefined;

export function start(): Promise<void> {
  started ??= compiled(new URL('../../pkg/poolwise_bg.wasm', import.meta.url)).then(async (found) => {
    await init({ module_or_path: found });
    module = found;
  });
  return started;
}

/** What a worker starts; there once the page has started. */
export const shared = (): WebAssembly.Module | undefined => module;

/** `source` is its address, or its bytes where it has none. */
async function compiled(source: URL | Promise<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (!(source instanceof URL)) return WebAssembly.compile(await source);
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source.href} was answered with ${response.status}`);
  // Not every host knows what a file of Wasm is called.
  const known = response.headers.get('content-type') === 'application/wasm';
  return known ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
