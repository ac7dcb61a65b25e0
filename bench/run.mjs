/**
 * Runs the benchmarks: bundles each bench/NAME.ts to dist/bench and runs it in a process of its own.
 *
 * Usage: node bench/run.mjs [NAME ...]   (all of them without a name)
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('.', import.meta.url));
const out = fileURLToPath(new URL('../dist/bench/', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;

// As the command line does; see src/linalg/kernelModule.ts.
const flags = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : [];

for (const name of wanted) {
  if (!known.includes(name)) {
    console.error(`bench: there is no ${name}; known are ${known.join(', ')}`);
    process.exit(2);
  }
  const bundle = await rolldown({
    input: `${folder}${name}.ts`,
    platform: 'node',
    external: ['onnxruntime-node', 'playwright-core'],
  });
  await bundle.write({ file: `${out}${name}.mjs`, format: 'esm', codeSplitting: false });
  await bundle.close();
  console.log(`# ${name}`);
  const { status } = spawnSync(process.execPath, [...flags, `${out}${name}.mjs`, folder], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
