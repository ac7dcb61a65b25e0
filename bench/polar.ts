/**
 * The polar factor by singular vectors against NumPy's svd with vectors, as ratios measured in one run.
 *
 * Ours runs on one thread, NumPy on all of its own; runs alternate, best of each, so that other load meets both.
 */
import { spawnSync } from 'node:child_process';
import { createRandom } from '../src/base/random.ts';
import type { Matrix } from '../src/linalg/matrix.ts';
import { polarFactor } from '../src/linalg/singularVectors.ts';

const ROUNDS = 5;
const SECONDS = 1;

const peers = process.argv[2]!; // bench/run.mjs passes the folder of the peers

function gaussian(size: number): Matrix {
  const random = createRandom(1);
  return { rows: size, columns: size, data: Float64Array.from({ length: size * size }, () => random.gaussian()) };
}

/** Milliseconds, best of as many as fit. */
function timeOurs(matrix: Matrix): number {
  let best = Number.POSITIVE_INFINITY;
  const start = performance.now();
  for (let runs = 0; runs < 2 || performance.now() - start < 1000 * SECONDS; runs++) {
    const before = performance.now();
    polarFactor(matrix);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

/** Null where Python or NumPy is missing. */
function timeNumpy(size: number): { readonly numpy: string; readonly svd: number } | null {
  const args = [`${peers}peers/numpy_polar.py`, String(size), String(SECONDS)];
  const { status, stdout } = spawnSync('/usr/bin/python3', args, { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : null;
}

/** ||Q^T Q - I||_F */
function orthogonalityError({ rows, columns, data }: Matrix): number {
  let total = 0;
  for (let a = 0; a < columns; a++)
    for (let b = 0; b < columns; b++) {
      let dot = 0;
      for (let i = 0; i < rows; i++) dot += data[i * columns + a]! * data[i * columns + b]!;
      total += (dot - (a === b ? 1 : 0)) ** 2;
    }
  return Math.sqrt(total);
}

for (const size of [128, 256, 512]) {
  const matrix = gaussian(size);
  let ours = Number.POSITIVE_INFINITY;
  let theirs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    ours = Math.min(ours, timeOurs(matrix));
    theirs = Math.min(theirs, timeNumpy(size)?.svd ?? Number.POSITIVE_INFINITY);
  }
  const error = orthogonalityError(polarFactor(matrix)).toExponential(1);
  const ratio = Number.isFinite(theirs)
    ? `${(ours / theirs).toFixed(2)} x the time of numpy.linalg.svd (${theirs.toFixed(1)} ms), goal at most 3`
    : 'NumPy is not installed for /usr/bin/python3: no ratio';
  console.log(
    `polar factor, ${size} x ${size}: ${ours.toFixed(1)} ms, ${ratio}; ||Q^T Q - I||_F = ${error}, goal 1e-12`,
  );
}
