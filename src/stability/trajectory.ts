/** From records, one a matrix and step, to trajectories, one a matrix and quantile. */
import { DomainError } from '../base/errors.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import type { Trajectory } from './plateau.ts';

/**
 * Groups spectra by run and matrix and follows each of `quantiles` over the steps.
 *
 * A resumed run measures some steps again: of two records of one matrix and step the later one counts. A value of
 * exactly zero (the momentum before the first gradient arrives, or a rank-deficient matrix) has no logarithm; that
 * step is left out of the trajectory.
 *
 * @param spectra in any order, of any number of runs
 * @param quantiles which of the recorded quantiles to follow
 * @returns ordered by first appearance of the matrix, then as `quantiles`; steps ascend
 * @throws DomainError if a quantile was not recorded, or a value is negative or not finite
 */
export function trajectoriesOf(spectra: readonly Spectrum[], quantiles: readonly number[]): Trajectory[] {
  const matrices = new Map<string, Map<number, Spectrum>>();
  for (const spectrum of spectra) {
    const key = JSON.stringify([spectrum.run, spectrum.name]);
    const steps = matrices.get(key) ?? new Map<number, Spectrum>();
    matrices.set(key, steps.set(spectrum.step, spectrum));
  }
  return [...matrices.values()].flatMap((steps) => {
    const records = [...steps.values()].sort((a, b) => a.step - b.step);
    return quantiles.map((quantile) => trajectoryOf(records, quantile));
  });
}

function trajectoryOf(records: readonly Spectrum[], quantile: number): Trajectory {
  const { run, params, nonEmbeddingParams, role, layer, depth, shape } = records[0]!;
  const steps: number[] = [];
  const values: number[] = [];
  for (const record of records) {
    const value = valueAt(record, quantile);
    if (value === 0) continue;
    steps.push(record.step);
    values.push(value);
  }
  return { run, params, nonEmbeddingParams, role, layer, depth, shape, quantile, steps, values };
}

function valueAt(record: Spectrum, quantile: number): number {
  const where = `trajectoriesOf: ${record.name} of run ${record.run} at step ${record.step}`;
  const index = record.quantiles.indexOf(quantile);
  if (index < 0)
    throw new DomainError(
      `${where}: quantile ${quantile} was not recorded; recorded are ${record.quantiles.join(', ')}`,
    );
  const value = record.values[index];
  if (value === undefined || !(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new DomainError(`${where}: the value at quantile ${quantile} must be finite and not negative, got ${value}`);
  return value;
}
