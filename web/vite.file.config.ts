/** The page as one script and one style sheet, for src/workflows/pageFile.ts to embed. */
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [svelte()],
  resolve: { alias: { linkedom: here('src/chart/browserDocument.ts') } },
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: here('../dist/page-file'),
    emptyOutDir: true,
    target: 'es2022',
    lib: {
      entry: here('src/file.ts'),
      name: 'muonscopePage',
      formats: ['iife'],
      fileName: () => 'page.js',
      cssFileName: 'page',
    },
  },
});
