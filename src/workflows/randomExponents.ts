/** How singular values shrink with the smaller dimension. */
import { studentFactor } from '../base/studentT.ts';
import { fitLine } from '../scaling/line.ts';
import type { QuantileExponent, RandomSize, SizeExponent } from '../spectra/randomSpectra.ts';

/**
 * One exponent for each quantile whose values are all positive.
 *
 * @returns empty with fewer than two sizes
 */
export function fitQuantileExponents(sizes: readonly RandomSize[]): readonly QuantileExponent[] {
  return (sizes[0]?.quantiles ?? []).flatMap((quantile, i) => {
    const fit = fitExponent(sizes, ({ values }) => values[i]!);
    const expected = fitExponent(sizes, (size) => size.expected[i]!);
    return fit && expected ? [{ quantile, ...fit, expected: expected.exponent }] : [];
  });
}

/** The exponent of the smallest singular value: -3/2 for square matrices, -1/2 otherwise. */
export function fitSmallestExponent(sizes: readonly RandomSize[]): SizeExponent | null {
  return fitExponent(sizes, ({ smallest }) => smallest);
}

/** Least squares of ln(value) on ln(rows); null with fewer than two sizes or a value that is not positive. */
function fitExponent(sizes: readonly RandomSize[], measured: (size: RandomSize) => number): SizeExponent | null {
  const values = sizes.map(measured);
  if (sizes.length < 2 || values.some((value) => !(value > 0))) return null;
  const line = fitLine(
    sizes.map(({ rows }) => Math.log(rows)),
    values.map(Math.log),
  );
  const freedom = sizes.length - 2;
  const margin = freedom > 0 ? studentFactor(freedom) * Math.sqrt(line.rss / freedom / line.spread) : null;
  return {
    exponent: line.slope,
    low: margin === null ? null : line.slope - margin,
    high: margin === null ? null : line.slope + margin,
    r2: line.tss > 0 ? 1 - line.rss / line.tss : 1,
  };
}
