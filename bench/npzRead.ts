/**
 * Reading a deflated .npz, 8 float32 matrices of 1024 x 1024, against NumPy in a process of its own, without its import.
 *
 * They take turns; the ratio is the median over the turns of our time by NumPy's. The file is in the page cache.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../src/base/sums.ts';
import { openCheckpoint } from '../src/sources/checkpoints/openCheckpoint.ts';
import { pythonWith } from '../test/python.ts';

const TURNS = 9;

const script = join(process.argv[2]!, 'peers', 'numpy_npz.py'); // bench/run.mjs passes the folder of the benchmarks
const python = pythonWith('__import__("numpy")');
const folder = mkdtempSync(join(tmpdir(), 'muonscope-bench-'));
const path = join(folder, 'deflated.npz');

async function ownSeconds(): Promise<number> {
  const start = performance.now();
  const checkpoint = await openCheckpoint(path);
  for (const tensor of checkpoint.tensors) await tensor.read();
  await checkpoint.close();
  return (performance.now() - start) / 1000;
}

try {
  if (python === null) console.log('no Python with NumPy: apt-get install python3-numpy');
  else {
    execFileSync(python, [script, 'write', path]);
    const [own, numpy]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < TURNS; turn++) {
      own.push(await ownSeconds());
      numpy.push(Number(execFileSync(python, [script, 'read', path], { encoding: 'utf8' })));
    }
    const ratio = median(own.map((seconds, i) => seconds / numpy[i]!));
    const ms = (seconds: readonly number[]): string => `${(1000 * median(seconds)).toFixed(0)} ms`;
    console.log(`deflated .npz: ${ms(own)}, NumPy ${ms(numpy)}; ${ratio.toFixed(2)} of NumPy's time`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
