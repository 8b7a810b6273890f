// Tells the service worker (www/sw.js) everything that the build made, and a name for just this build.
import type { Plugin } from 'vite';

const WORKER = 'sw.js';

export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== 'chunk') return;
      const made = Object.values(bundle).filter(({ fileName }) => fileName !== WORKER && !fileName.endsWith('.map'));
      const files = made.map(({ fileName }) => (fileName === 'index.html' ? './' : fileName)).sort();
      const version = await digest(made.map((one) => one.fileName + (one.type === 'chunk' ? one.code : String(one.source))).sort().join());
      worker.code = worker.code.replace('__FILES__', JSON.stringify(files)).replace('__VERSION__', JSON.stringify(version));
    },
  };
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash, 0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
