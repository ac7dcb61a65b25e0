/**
 * Exact singular values against NumPy and ml-matrix, as ratios measured in one run.
 *
 * Ours and NumPy's runs alternate, best of each, so that other load on the machine meets both. NumPy uses all its
 * threads; a direct call of ours uses one, the batch two workers.
 */
import { spawnSync } from 'node:child_process';
import { SingularValueDecomposition, Matrix as TheirMatrix } from 'ml-matrix';
import { createRandom } from '../src/base/random.ts';
import type { Matrix } from '../src/linalg/matrix.ts';
import { singularValueQuantiles, spectrumOf } from '../src/linalg/singularValues.ts';
import { createSpectrumPool } from '../src/linalg/spectrumPool.ts';
import { RECORD_QUANTILES } from '../src/spectra/spectrum.ts';

const ROUNDS = 3;
const SECONDS = 1;
const BATCH = 8;

interface NumpyTimes {
  readonly numpy: string;
  readonly svd: number;
  readonly gramEigvalsh: number;
}

const peers = process.argv[2]!; // bench/run.mjs passes the folder of the peers

function gaussian(size: number, seed: number): Matrix {
  const random = createRandom(seed);
  return { rows: size, columns: size, data: Float32Array.from({ length: size * size }, () => random.gaussian()) };
}

function bestOf(seconds: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  const start = performance.now();
  for (let runs = 0; runs < 2 || performance.now() - start < 1000 * seconds; runs++) {
    const before = performance.now();
    run();
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

/** Null where Python or NumPy is missing. */
function timeNumpy(size: number): NumpyTimes | null {
  const script = `${peers}peers/numpy_spectra.py`;
  const { status, stdout } = spawnSync('/usr/bin/python3', [script, String(size), String(SECONDS)], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : null;
}

function leastOf(times: readonly (NumpyTimes | null)[], key: 'svd' | 'gramEigvalsh'): number | null {
  const found = times.filter((time) => time !== null).map((time) => time[key]);
  return found.length === 0 ? null : Math.min(...found);
}

async function timeBatch(size: number): Promise<number> {
  const pool = createSpectrumPool({ workers: 2 });
  const matrices = Array.from({ length: BATCH }, (_, seed) => gaussian(size, seed));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    await Promise.all(matrices.map((matrix) => pool.spectrum(matrix, RECORD_QUANTILES)));
    best = Math.min(best, (performance.now() - before) / BATCH);
  }
  await pool.close();
  return best;
}

function say(what: string, milliseconds: number, peer: string, theirs: number | null, goal?: string): void {
  const ratio =
    theirs === null ? '' : `  ${(theirs / milliseconds).toFixed(2)} x as fast as ${peer} (${theirs.toFixed(1)} ms)`;
  console.log(`${what.padEnd(34)} ${milliseconds.toFixed(2).padStart(9)} ms${ratio}${goal ? `, goal ${goal}` : ''}`);
}

async function compareSize(size: number): Promise<void> {
  const matrix = gaussian(size, 1);
  const numpy: (NumpyTimes | null)[] = [];
  let quantiles = Number.POSITIVE_INFINITY;
  let spectrum = Number.POSITIVE_INFINITY;
  let batch = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    quantiles = Math.min(
      quantiles,
      bestOf(SECONDS / 2, () => singularValueQuantiles(matrix, RECORD_QUANTILES)),
    );
    spectrum = Math.min(
      spectrum,
      bestOf(SECONDS / 2, () => spectrumOf(matrix, RECORD_QUANTILES)),
    );
    numpy.push(timeNumpy(size));
    if (size === 1024) batch = Math.min(batch, await timeBatch(size));
  }
  const svd = leastOf(numpy, 'svd');
  if (svd === null) console.log(`NumPy is not installed for /usr/bin/python3: no ratio against it at ${size}`);
  say(`quantiles, ${size} x ${size}`, quantiles, 'svd(compute_uv=False)', svd, size === 1024 ? '1' : undefined);
  say(`whole spectrum, ${size} x ${size}`, spectrum, 'svd(compute_uv=False)', svd);
  if (size !== 1024) return;
  say(`batch of ${BATCH}, two workers, each`, batch, 'Gram + eigvalsh', leastOf(numpy, 'gramEigvalsh'), '0.77');
  const rows = Array.from({ length: size }, (_, i) => Array.from(matrix.data.subarray(i * size, (i + 1) * size)));
  const theirs = new TheirMatrix(rows);
  const mlMatrix = bestOf(0, () => {
    new SingularValueDecomposition(theirs, { computeLeftSingularVectors: false, computeRightSingularVectors: false });
  });
  say(`whole spectrum, ${size} x ${size}`, spectrum, 'ml-matrix', mlMatrix, '20');
}

for (const size of [256, 512, 1024]) await compareSize(size);
