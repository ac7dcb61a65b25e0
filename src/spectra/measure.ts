/** From a momentum matrix to its spectrum record. */
import { spectrumOf } from '../linalg/singularValues.ts';
import type { SpectrumPool } from '../linalg/spectrumPool.ts';
import type { SpectrumSummary } from '../linalg/spectrumSummary.ts';
import type { MomentumSample } from '../sources/momentumSample.ts';
import { RECORD_QUANTILES, type Spectrum } from './spectrum.ts';

/**
 * The spectrum record of one matrix.
 *
 * @throws DomainError if an entry is not finite, naming it
 * @accuracy see linalg: values below `floor` times the largest are not resolved
 */
export function measureSpectrum(sample: MomentumSample): Spectrum {
  return recordOf(sample, spectrumOf(sample.matrix, RECORD_QUANTILES));
}

/** {@link measureSpectrum} of many matrices on the pool's threads, in their order; the same bits. */
export async function measureSpectra(
  samples: readonly MomentumSample[],
  pool: SpectrumPool,
): Promise<readonly Spectrum[]> {
  const summaries = await Promise.all(samples.map(({ matrix }) => pool.spectrum(matrix, RECORD_QUANTILES)));
  return samples.map((sample, i) => recordOf(sample, summaries[i]!));
}

function recordOf({ matrix, ...identity }: MomentumSample, summary: SpectrumSummary): Spectrum {
  return {
    schema: 'muonscope.spectrum/1',
    ...identity,
    shape: [matrix.rows, matrix.columns],
    quantiles: RECORD_QUANTILES,
    ...summary,
  };
}
