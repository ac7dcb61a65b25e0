/** One step of an odd polynomial iteration, `s <- a s + b s^3 + c s^5`; c = 0 makes it a cubic. */
export type NsCoefficients = readonly [a: number, b: number, c: number];

/** Arithmetic of the matrix products. */
export type NsPrecision = 'float32' | 'bf16' | 'fp16' | 'tf32';

/** A change to how a schedule is run, against what rounding loses; remedy.ts says what each does. */
export type Remedy = 'none' | 'float32 first step' | 'float32 iterate' | 'deflation' | 'tight entry';

/** What divides the momentum before the first step: X0 = M / (scale * norm(M) + epsilon). */
export interface NsEntry {
  /** "frobenius": ||M||_F; "aol": the row or column rescaling of arXiv:2512.04632. */
  readonly normalisation: 'frobenius' | 'aol';
  /** Factor on the norm, e.g. 1.01 for Polar Express; 1 where there is none. */
  readonly scale: number;
  /** Added to the scaled norm. */
  readonly epsilon: number;
}

/** A Newton-Schulz configuration: everything that decides what happens to a singular value. */
export interface NsSchedule {
  /** Catalogue name with the number of steps, e.g. "jordan x5". */
  readonly name: string;
  /** Where the coefficients come from. */
  readonly source: string;
  /** Applied left to right. */
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
  readonly precision: NsPrecision;
}
