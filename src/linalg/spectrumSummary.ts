/**
 * Singular values and what is read off them, over a given set of kernels; singularValues.ts and worker.ts call this.
 */
import { requireQuantiles } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { allGramEigenvalues, chosenGramEigenvalues, RESOLUTION_FLOOR } from './gramEigenvalues.ts';
import type { Kernels } from './kernels.ts';
import type { Matrix } from './matrix.ts';
import { effectiveRank } from './spectrumMeasures.ts';

/** What a spectrum record says about one matrix X with r = min(rows, columns); sigma are singular values of X / ||X||_F. */
export interface SpectrumSummary {
  /** ||X||_F */
  readonly frobenius: number;
  /** sigma_1 */
  readonly spectral: number;
  /** sigma_r */
  readonly smallest: number;
  /** sigma[ceil(q r) - 1] of the descending spectrum, one for each quantile asked for. */
  readonly values: readonly number[];
  /** ||X||_F^2 / sigma_1(X)^2 */
  readonly stableRank: number;
  /** exp of the entropy of sigma_i / sum sigma (Roy and Vetterli 2007). */
  readonly effectiveRank: number;
  /** sigma_1(X)^2 / ||X||_F^2 */
  readonly outlierShare: number;
  /** A value below floor * spectral is not resolved. */
  readonly floor: number;
  readonly method: string;
}

/** The name under which records carry this computation. */
export const SPECTRUM_METHOD = 'gram-tridiagonal-f64';

/** All singular values of X, descending, in the scale of X. */
export function allSingularValues(kernels: Kernels, matrix: Matrix): Float64Array {
  const { eigenvalues, exponent } = allGramEigenvalues(kernels, matrix);
  return eigenvalues.map((value) => unscale(Math.sqrt(value), exponent, 'largest singular value'));
}

/** sigma[ceil(q r) - 1] of X / ||X||_F, one for each quantile; 0 for a zero matrix. */
export function quantilesOf(kernels: Kernels, matrix: Matrix, quantiles: readonly number[]): number[] {
  requireQuantiles('singular value quantiles', quantiles);
  const positions = quantilePositions(quantiles, Math.min(matrix.rows, matrix.columns));
  const { eigenvalues, trace } = chosenGramEigenvalues(kernels, matrix, positions);
  return Array.from(eigenvalues, (value) => normalised(value, trace));
}

/** The summary of one matrix; every field is 0 for a zero matrix. */
export function summarise(kernels: Kernels, matrix: Matrix, quantiles: readonly number[]): SpectrumSummary {
  requireQuantiles('spectrum', quantiles);
  const gram = allGramEigenvalues(kernels, matrix);
  const { eigenvalues, trace, exponent } = gram;
  const sigma = eigenvalues.map((value) => normalised(value, trace));
  const spectral = sigma[0]!; // there is at least one value
  return {
    frobenius: unscale(Math.sqrt(trace), exponent, 'Frobenius norm'),
    spectral,
    smallest: sigma[sigma.length - 1]!,
    values: quantilePositions(quantiles, sigma.length).map((position) => sigma[position]!),
    stableRank: trace === 0 ? 0 : 1 / spectral ** 2,
    effectiveRank: effectiveRank(gram.eigenvalues.map(Math.sqrt)),
    outlierShare: spectral ** 2,
    floor: RESOLUTION_FLOOR,
    method: SPECTRUM_METHOD,
  };
}

/** Positions ceil(q r) - 1 in the descending spectrum; a product within rounding of an integer counts as it. */
export function quantilePositions(quantiles: readonly number[], r: number): number[] {
  return quantiles.map((q) => Math.max(Math.ceil(q * r * (1 - 4 * Number.EPSILON)), 1) - 1);
}

function normalised(eigenvalue: number, trace: number): number {
  return trace === 0 ? 0 : Math.min(Math.sqrt(eigenvalue / trace), 1);
}

function unscale(value: number, exponent: number, name: string): number {
  const half = Math.trunc(exponent / 2);
  const result = value * 2 ** -half * 2 ** (half - exponent);
  if (result === Number.POSITIVE_INFINITY)
    throw new DomainError(`singular values: the ${name} exceeds the largest double; divide the matrix by a constant`);
  return result;
}
