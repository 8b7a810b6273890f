import { defineConfig } from 'vite';
import { first } from './first.js';
import { offline } from './offline.js';

const here = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);

// Every address in the output is relative, so that the site works from any folder of any host.
export default defineConfig({
  base: './',
  plugins: [first(), offline()],
  worker: { format: 'es' },
  build: {
    outDir: here('../site'),
    emptyOutDir: false, // the book is built into the same folder
    assetsInlineLimit: 0,
    target: 'es2022',
    rollupOptions: {
      input: { index: here('index.html'), 'pool-planner': here('src/element.ts'), sw: here('sw.js') },
      output: {
        // Pages of the book name the one; the other speaks for the folder that it lies in.
        entryFileNames: ({ name }) => (['pool-planner', 'sw'].includes(name) ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
