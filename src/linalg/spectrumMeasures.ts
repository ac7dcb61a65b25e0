/**
 * How spread out a spectrum is, in the one place that says so.
 *
 * Each takes singular values, in any order and scale: shape (r,), not negative. Each is 0 for a zero spectrum.
 */

/** H = -sum p ln p with p = sigma / sum sigma, in nats; ln r for r equal values. */
export function spectralEntropy(sigma: ArrayLike<number>): number {
  const sum = total(sigma, (value) => value);
  if (sum === 0) return 0;
  return -total(sigma, (value) => (value > 0 ? (value / sum) * Math.log(value / sum) : 0));
}

/** exp H, from 1 to r. @source Roy and Vetterli 2007, "The effective rank" */
export function effectiveRank(sigma: ArrayLike<number>): number {
  const entropy = spectralEntropy(sigma);
  return entropy === 0 && total(sigma, (value) => value) === 0 ? 0 : Math.exp(entropy);
}

/** ||X||_F^2 / sigma_1^2, from 1 to r. */
export function stableRank(sigma: ArrayLike<number>): number {
  const largest = Array.from(sigma).reduce((most, value) => Math.max(most, value), 0);
  return largest === 0 ? 0 : total(sigma, (value) => (value / largest) ** 2);
}

/**
 * (sum sigma)^2 / (r sum sigma^2) = ||X||_*^2 / (r ||X||_F^2), from 1 / r for one value to 1 for equal ones.
 *
 * At fixed Frobenius norm the nuclear norm is largest for the flat spectrum and smallest for rank one; this is where
 * between the two a spectrum stands.
 */
export function flatness(sigma: ArrayLike<number>): number {
  const squares = total(sigma, (value) => value ** 2);
  return squares === 0 ? 0 : total(sigma, (value) => value) ** 2 / (sigma.length * squares);
}

function total(sigma: ArrayLike<number>, term: (value: number) => number): number {
  return Array.from(sigma).reduce((sum, value) => sum + term(value), 0);
}

/** Square root of the sum of squares: ||X||_F of entries, or of singular values. */
export function frobeniusNorm(values: ArrayLike<number>): number {
  return Math.sqrt(total(values, (value) => value ** 2));
}
