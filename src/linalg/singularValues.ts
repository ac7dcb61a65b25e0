/** Exact singular values on the calling thread. For many matrices see spectrumPool.ts. */
import { kernelModule } from './kernelModule.ts';
import { createKernels, type Kernels } from './kernels.ts';
import type { Matrix } from './matrix.ts';
import { allSingularValues, quantilesOf, type SpectrumSummary, summarise } from './spectrumSummary.ts';

// Kept because instances reserve address space that only garbage collection returns; it holds no result.
let kernels: Kernels | undefined;

/**
 * All singular values, descending, in the scale of the matrix.
 *
 * @returns shape (min(rows, columns),); zeros for a zero matrix
 * @throws DomainError if the shape is wrong or an entry is not finite
 * @accuracy |sigma - exact| <= 2e-8 sigma_1; near sigma_1 a few eps
 * @example singularValues({ rows: 1, columns: 2, data: new Float64Array([3, 4]) }) // [5]
 */
export function singularValues(matrix: Matrix): Float64Array {
  return allSingularValues(ownKernels(), matrix);
}

/**
 * Quantiles of the singular values of X / ||X||_F, each found by bisection without the others.
 *
 * @param quantiles in (0, 1], of the descending spectrum: sigma[ceil(q r) - 1], so q = 0.9 is small
 * @throws DomainError if a quantile lies outside, the shape is wrong or an entry is not finite
 * @accuracy as singularValues
 */
export function singularValueQuantiles(matrix: Matrix, quantiles: readonly number[]): number[] {
  return quantilesOf(ownKernels(), matrix, quantiles);
}

/**
 * Norms, ranks and quantiles of the spectrum of X / ||X||_F.
 *
 * All eigenvalues are computed because the effective rank needs them; that is about 6 % of the time.
 *
 * @param quantiles as for singularValueQuantiles
 * @returns every number 0 for a zero matrix
 * @throws DomainError as singularValueQuantiles
 */
export function spectrumOf(matrix: Matrix, quantiles: readonly number[]): SpectrumSummary {
  return summarise(ownKernels(), matrix, quantiles);
}

function ownKernels(): Kernels {
  kernels ??= createKernels(kernelModule());
  return kernels;
}
