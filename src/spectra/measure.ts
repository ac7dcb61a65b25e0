/** A momentum sample's spectrum record. */

import type { Matrix } from '../linalg/matrix.ts';
import { spectrumOf } from '../linalg/singularValues.ts';
import type { PoolCallOptions, SpectrumPool } from '../linalg/spectrumPool.ts';
import type { SpectrumSummary } from '../linalg/spectrumSummary.ts';
import type { MomentumIdentity, MomentumSample } from '../sources/momentumSample.ts';
import { RECORD_QUANTILES, type Spectrum, type SpectrumValues } from './spectrum.ts';

/**
 * Measures one sample on the calling thread.
 *
 * @returns values of X / ||X||_F at RECORD_QUANTILES; every number 0 for a zero matrix
 * @throws DomainError if the shape does not fit the data or an entry is not finite
 * @accuracy |sigma - exact| <= 2e-8 sigma_1
 */
export function measureSpectrum(sample: MomentumSample): Spectrum {
  const { matrix, ...identity } = sample;
  return record(identity, valuesOf(matrix.rows, matrix.columns, spectrumOf(matrix, RECORD_QUANTILES)));
}

/** Smaller sides than this are measured sooner on the calling thread than a worker can be asked. */
const WORTH_A_WORKER = 64;

/**
 * Measures many samples, the larger ones on the pool's workers, one matrix a worker.
 *
 * @returns the records of measureSpectrum, bit for bit, in the order of the samples
 * @throws DomainError as measureSpectrum; EngineError if the pool closes or a worker dies
 */
export async function measureSpectra(
  samples: readonly MomentumSample[],
  pool: SpectrumPool,
): Promise<readonly Spectrum[]> {
  return Promise.all(
    samples.map(async ({ matrix, ...identity }) => record(identity, await measureValues(matrix, pool))),
  );
}

/**
 * Measures a matrix of any origin: on a worker of the pool, or on the calling thread if it is small.
 *
 * @param options.transfer as for the pool: the matrix is empty afterwards
 * @throws DomainError and EngineError as measureSpectra
 */
export async function measureValues(
  matrix: Matrix,
  pool: SpectrumPool,
  options: PoolCallOptions = {},
): Promise<SpectrumValues> {
  const { rows, columns } = matrix;
  if (Math.min(rows, columns) < WORTH_A_WORKER) return valuesOf(rows, columns, spectrumOf(matrix, RECORD_QUANTILES));
  return valuesOf(rows, columns, await pool.spectrum(matrix, RECORD_QUANTILES, options));
}

function record(identity: MomentumIdentity, values: SpectrumValues): Spectrum {
  return { schema: 'muonscope.spectrum/1', ...identity, ...values };
}

function valuesOf(rows: number, columns: number, summary: SpectrumSummary): SpectrumValues {
  return {
    shape: [rows, columns],
    frobenius: summary.frobenius,
    spectral: summary.spectral,
    quantiles: [...RECORD_QUANTILES],
    values: summary.values,
    smallest: summary.smallest,
    stableRank: summary.stableRank,
    effectiveRank: summary.effectiveRank,
    outlierShare: summary.outlierShare,
    method: summary.method,
    floor: summary.floor,
  };
}
