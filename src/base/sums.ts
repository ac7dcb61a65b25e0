/** Sums whose rounding error does not grow with their length. */

/**
 * Neumaier's compensated sum.
 *
 * @accuracy error below 2 eps |sum| + O(n eps^2) sum |x|
 * @source Neumaier 1974
 */
export function compensatedSum(values: Iterable<number>): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const total = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - total + x : x - total + sum;
    sum = total;
  }
  return sum + lost;
}

/** Arithmetic mean; NaN for an empty list. */
export function mean(values: readonly number[]): number {
  return compensatedSum(values) / values.length;
}

/** Unbiased sample variance; NaN below two values. */
export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return compensatedSum(values.map((x) => (x - centre) ** 2)) / (values.length - 1);
}

/** Median (mean of the middle two for an even count); NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
