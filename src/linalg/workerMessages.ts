/** What travels between a pool and its workers. */
import type { ErrorTag } from '../base/errors.ts';
import type { Matrix, RandomMatrix } from './matrix.ts';
import type { SpectrumSummary } from './spectrumSummary.ts';

/** One matrix, given or to be drawn by the worker; its summary at these quantiles, or all its singular values if there are none. */
export interface PoolJob {
  readonly matrix: Matrix | RandomMatrix;
  readonly quantiles: readonly number[] | null;
}

export type PoolRequest = { readonly module: WebAssembly.Module } | PoolJob;

export type PoolAnswer =
  | { readonly summary: SpectrumSummary }
  | { readonly values: Float64Array }
  /** `tag` is null for a defect. */
  | { readonly failure: { readonly tag: ErrorTag | null; readonly message: string } };
