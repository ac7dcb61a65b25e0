import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [svelte()],
  // Charts of the report draw into a document of their own; in a browser it is the browser's.
  resolve: { alias: { linkedom: here('src/chart/browserDocument.ts') } },
  build: { outDir: here('../dist/page'), emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
});
