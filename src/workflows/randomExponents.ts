/**
 * How singular values shrink with the smaller dimension.
 *
 * Least squares of ln(value) on ln(rows) over the sizes. The slope is a sum of ln(value) with known weights, so the
 * standard errors of the values give its own; its degrees of freedom are those of Welch and Satterthwaite.
 */
import { studentFactor } from '../base/studentT.ts';
import { fitLine } from '../scaling/line.ts';
import type { QuantileExponent, RandomSize, SizeExponent } from '../spectra/randomSpectra.ts';

/** A mean over the matrices of one size, with its standard error; null with a single matrix. */
interface Measured {
  readonly rows: number;
  readonly matrices: number;
  readonly value: number;
  readonly standardError: number | null;
}

/**
 * One exponent for each quantile whose values are all positive.
 *
 * @returns empty with fewer than two sizes
 */
export function fitQuantileExponents(sizes: readonly RandomSize[]): readonly QuantileExponent[] {
  return (sizes[0]?.quantiles ?? []).flatMap((quantile, i) => {
    const fit = fitExponent(
      sizes.map((size) => measured(size, size.values[i]!, size.standardErrors && size.standardErrors[i]!)),
    );
    const expected = fitExponent(sizes.map((size) => measured(size, size.expected[i]!, null)));
    return fit && expected ? [{ quantile, ...fit, expected: expected.exponent, exact: fitExact(sizes, i) }] : [];
  });
}

/** The exponent of the smallest singular value: -3/2 for square matrices, -1/2 otherwise. */
export function fitSmallestExponent(sizes: readonly RandomSize[]): SizeExponent | null {
  return fitExponent(sizes.map((size) => measured(size, size.smallest, size.smallestStandardError)));
}

/** null if a size has no value at exactly that quantile. */
function fitExact(sizes: readonly RandomSize[], i: number): SizeExponent | null {
  const points = sizes.flatMap((size) => {
    const value = size.exactValues[i]!;
    return value === null ? [] : [measured(size, value, size.exactStandardErrors && size.exactStandardErrors[i]!)];
  });
  return points.length === sizes.length ? fitExponent(points) : null;
}

function measured({ rows, matrices }: RandomSize, value: number, standardError: number | null): Measured {
  return { rows, matrices, value, standardError };
}

/** null with fewer than two sizes or a value that is not positive. */
function fitExponent(points: readonly Measured[]): SizeExponent | null {
  if (points.length < 2 || points.some(({ value }) => !(value > 0))) return null;
  const x = points.map(({ rows }) => Math.log(rows));
  const line = fitLine(
    x,
    points.map(({ value }) => Math.log(value)),
  );
  const margin = marginOf(
    points,
    x.map((at) => (at - line.centre) / line.spread),
  );
  return {
    exponent: line.slope,
    low: margin === null ? null : line.slope - margin,
    high: margin === null ? null : line.slope + margin,
    r2: line.tss > 0 ? 1 - line.rss / line.tss : 1,
  };
}

/** Half the 95 % interval of sum weights_i ln(value_i); null if a value has no standard error. */
function marginOf(points: readonly Measured[], weights: readonly number[]): number | null {
  let variance = 0;
  let squares = 0; // Welch-Satterthwaite: variance^2 over this are the degrees of freedom
  for (const [i, { matrices, value, standardError }] of points.entries()) {
    if (standardError === null) return null;
    const part = (weights[i]! * (standardError / value)) ** 2;
    variance += part;
    squares += part ** 2 / (matrices - 1);
  }
  return variance === 0 ? 0 : studentFactor(variance ** 2 / squares) * Math.sqrt(variance);
}
