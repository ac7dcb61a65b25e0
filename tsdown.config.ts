import { defineConfig } from 'tsdown';

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      node: 'src/node.ts',
      cli: 'src/cli/main.ts',
      sweepThread: 'src/workflows/sweepThread.ts',
    },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outDir: 'dist',
    dts: true,
    clean: true,
    sourcemap: false,
  },
]);
