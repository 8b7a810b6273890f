// For tests only: the Wasm package started from the file that the page would fetch.
import { initSync } from '../../pkg/poolwise.js';

interface Files {
  readFileSync(path: URL): Uint8Array<ArrayBuffer>;
}

export async function startFromFile(): Promise<void> {
  const files = (await import(/* @vite-ignore */ 'node:fs' as string)) as Files;
  initSync({ module: files.readFileSync(new URL('../../pkg/poolwise_bg.wasm', import.meta.url)) });
}
