// Puts into the page, when it is built, what it would otherwise tell only once the engine is there: the answer to its first example, and
// where the engine lies, so that it is loaded beside the script and not after it.
import type { Plugin } from 'vite';
import { examples, initSync, recommend } from './pkg/poolwise.js';

const ENGINE = 'pkg/poolwise_bg.wasm';
const PLANNER = '<pool-planner linked></pool-planner>';

export function first(): Plugin {
  return {
    name: 'first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const engine = Object.values(bundle).find((one) => one.type === 'asset' && one.originalFileNames.some((name) => name.endsWith(ENGINE)));
        if (engine?.type !== 'asset' || !html.includes(PLANNER)) throw new Error('the page does not hold what it used to: where does the first answer belong?');
        const waiting = `<pool-planner linked>
        <p slot="loading">${answer(engine.source as Uint8Array)}</p>
      </pool-planner>`;
        return {
          html: html.replace(PLANNER, () => waiting),
          tags: [{ tag: 'link', attrs: { rel: 'preload', as: 'fetch', type: 'application/wasm', crossorigin: true, href: `./${engine.fileName}` }, injectTo: 'head' }],
        };
      },
    },
  };
}

function answer(engine: Uint8Array): string {
  initSync({ module: engine as Uint8Array<ArrayBuffer> });
  const [example] = examples();
  if (!example) throw new Error('no example is bundled');
  const { sentence } = recommend(example.scenario);
  return `${escaped(example.title)}, for example: <strong>${escaped(sentence)}</strong>`;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
