/** A dense real matrix, row-major: entry (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** How independent entries are distributed; each has mean zero, its scale does not matter to normalised spectra. */
export type EntryDistribution =
  | { readonly name: 'gaussian' | 'uniform' }
  /** Student's t; `dof` degrees of freedom, above 2 so that the variance is finite. */
  | { readonly name: 'student'; readonly dof: number }
  /** Gaussian with probability `density`, else zero. */
  | { readonly name: 'sparse'; readonly density: number };

/** A matrix of independent random entries, described instead of stored; the same description gives the same entries. */
export interface RandomMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly entries: EntryDistribution;
  readonly seed: number;
  /** Tells the matrices of one shape and seed apart, from 0. */
  readonly index: number;
}
