/**
 * Builds the kernels and the worker into two generated TypeScript files, so that nothing looks for a file at run time:
 * the same import works from source under a test runner, from a bundle and in a browser.
 *
 * 1. AssemblyScript -> kernels/build/*.wasm, without and with relaxed SIMD -> src/linalg/*Binary.generated.ts (base64);
 * 2. src/linalg/worker.ts, bundled -> src/linalg/workerSource.generated.ts (a string).
 *
 * Usage: node kernels/build.mjs
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = (name) => `${root}${name}`;

async function compileKernels(name, features) {
  const { error, stderr } = await asc.main([
    path('kernels/index.ts'),
    ...['--outFile', path(`kernels/build/${name}.wasm`)],
    ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--initialMemory', '1'],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error) throw new Error(`kernels: AssemblyScript refused them\n${stderr.toString()}`);
  return readFile(path(`kernels/build/${name}.wasm`), 'base64');
}

async function bundleWorker() {
  const bundle = await rolldown({ input: path('src/linalg/worker.ts'), platform: 'neutral' });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  await bundle.close();
  return output[0].code;
}

async function writeGenerated(name, docstring, constant, text) {
  const lines = [`/** ${docstring} Written by kernels/build.mjs. */`, `export const ${constant}: string =`];
  await writeFile(path(`src/linalg/${name}.generated.ts`), `${lines.join('\n')}\n  ${JSON.stringify(text)};\n`);
}

await mkdir(path('kernels/build'), { recursive: true });
await writeGenerated(
  'kernelBinary',
  'The WebAssembly module of kernels/, base64.',
  'KERNEL_BINARY',
  await compileKernels('kernels', ['simd']),
);
await writeGenerated(
  'fusedKernelBinary',
  'The same with relaxed SIMD (kernels/fused.ts), base64.',
  'FUSED_KERNEL_BINARY',
  await compileKernels('fusedKernels', ['simd', 'relaxed-simd']),
);
await writeGenerated('workerSource', 'The bundled source of src/linalg/worker.ts.', 'WORKER_SOURCE', await bundleWorker());
