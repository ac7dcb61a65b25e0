/** Which count of parameters a law is fitted against. */
export type SizeConvention = 'total' | 'nonEmbedding';

/** A number with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A law evaluated on a grid of sizes, with its 95 % interval: what charts of laws draw. */
export interface LawCurve {
  readonly role: string;
  readonly depth: number;
  readonly quantile: number;
  /** Sizes ascend, from the smallest rung to the target and at least as far as the largest rung. */
  readonly points: readonly LawCurvePoint[];
}

export interface LawCurvePoint extends Interval {
  readonly params: number;
}

/** One settled value: the point a law is fitted to. */
export interface LawPoint {
  readonly params: number;
  readonly value: number;
}

/** Prediction of the largest size by a fit to the smaller ones. */
export interface HeldOut {
  readonly params: number;
  readonly predicted: number;
  readonly actual: number;
}

/** Least-squares fits of log(value) that compete with the power law; lower AICc is better. */
export interface ModelComparison {
  /** AICc of: no dependence on size; power law; power law with a quadratic term in log(params). */
  readonly aicc: { readonly constant: number; readonly power: number; readonly curved: number };
  /** Coefficient of (ln params - mean)^2 in the curved fit; negative means ever steeper decay. */
  readonly curvature: number;
  readonly preferred: 'constant' | 'power' | 'curved';
}

/** What a forecast needs: the fit about its centre, with the covariance of its two coefficients. */
export interface LawFit {
  /** Mean of ln(params). */
  readonly centre: number;
  /** Fitted ln(value) at the centre. */
  readonly logValue: number;
  readonly variance: { readonly logValue: number; readonly exponent: number; readonly covariance: number };
  /** Student-t factor of the 95 % interval. */
  readonly factor: number;
}

/** value = amplitude * params^(-exponent) for one role, depth and quantile. */
export interface Law {
  readonly role: string;
  readonly depth: number;
  readonly quantile: number;
  readonly exponent: number;
  /** 95 % interval of the exponent. */
  readonly low: number;
  readonly high: number;
  readonly amplitude: number;
  readonly r2: number;
  readonly points: readonly LawPoint[];
  readonly heldOut: HeldOut | null;
  readonly warnings: readonly string[];
  readonly fit: LawFit;
  readonly comparison: ModelComparison;
  /** The exponent that 1 / sqrt(r) alone predicts over the same sizes; null if shapes are unknown. */
  readonly baselineExponent: number | null;
  /** What it forecasts, where a size was asked for. */
  readonly forecast?: Interval & { readonly params: number };
}

/** One shared slope over the quantiles of a role and depth, one intercept a quantile. */
export interface PooledLaw {
  readonly role: string;
  readonly depth: number;
  readonly exponent: number;
  readonly low: number;
  readonly high: number;
  /** Quantiles pooled. */
  readonly quantiles: readonly number[];
}

/** `laws --json` and STUDY/laws.json. */
export interface LawsDocument {
  readonly schema: 'muonscope.laws/1';
  readonly source: string;
  readonly sizeConvention: SizeConvention;
  readonly laws: readonly Law[];
  readonly pooled: readonly PooledLaw[];
  /** Width of the residual stream over the ladder: what shapes at a target size are extrapolated from. */
  readonly ladder: readonly { readonly params: number; readonly width: number; readonly layers: number }[];
  readonly warnings: readonly string[];
}
