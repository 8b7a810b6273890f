import { defineConfig } from 'vite';

const here = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);

// Every address in the output is relative, so that the site works from any folder of any host.
export default defineConfig({
  base: './',
  worker: { format: 'es' },
  build: {
    outDir: here('../site'),
    emptyOutDir: false, // the book is built into the same folder
    assetsInlineLimit: 0,
    target: 'es2022',
    rollupOptions: {
      input: { index: here('index.html'), 'pool-planner': here('src/element.ts') },
      output: {
        // Pages of the book name this file.
        entryFileNames: (chunk) => (chunk.name === 'pool-planner' ? 'pool-planner.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
