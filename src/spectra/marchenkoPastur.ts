/**
 * The spectrum of a large random matrix, the baseline that measured spectra are compared with.
 *
 * For an m x n matrix X of independent entries with mean zero and equal variance, r = min(m, n) and
 * beta = r / max(m, n), the law of s = sqrt(r) sigma, sigma a singular value of X / ||X||_F, tends to
 *
 *   s^2 ~ Marchenko-Pastur(beta): mean 1, edges (1 -+ sqrt(beta))^2.
 *
 * So the bulk of sigma shrinks as 1 / sqrt(r) at fixed beta. For square matrices the lower edge is 0 and the
 * smallest singular value is of order r^(-3/2), which the limit law does not describe. At finite r the number of values
 * above s exceeds r times the limit's share by a surplus that does not grow with r; its mean is known.
 *
 * Sources: Marchenko and Pastur 1967; used for momentum matrices by Selvaraj 2025, arXiv:2505.04005; the surplus: Bai and
 * Silverstein 2004, Annals of Probability 32 (1A); Pan and Zhou 2008, Annals of Applied Probability 18 (3).
 */
import { requireQuantiles } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';

/**
 * Lower and upper edge of s = sqrt(r) sigma.
 *
 * @param beta aspect ratio min / max, in (0, 1]
 * @throws DomainError if beta is outside
 * @example marchenkoPasturEdges(0.25) // [0.5, 1.5]
 */
export function marchenkoPasturEdges(beta: number): [low: number, high: number] {
  if (!(beta > 0 && beta <= 1))
    throw new DomainError(`marchenko-pastur: the aspect ratio beta must lie in (0, 1], got ${beta}`);
  return [1 - Math.sqrt(beta), 1 + Math.sqrt(beta)];
}

/**
 * Density of s: sqrt((b - s^2)(s^2 - a)) / (pi beta s) between the edges, 0 elsewhere, with a and b the squared edges.
 *
 * @throws DomainError if beta is outside (0, 1]
 * @example marchenkoPasturDensity(0, 1) // 2 / pi, the top of the quarter circle of radius 2
 */
export function marchenkoPasturDensity(s: number, beta: number): number {
  const [low, high] = marchenkoPasturEdges(beta);
  if (!(s >= low && s <= high)) return 0;
  const inside = Math.sqrt((high - s) * (high + s));
  // For beta = 1 the lower edge is 0 and sqrt(s^2 - a) / s is 1.
  const ratio = low === 0 ? 1 : Math.sqrt((s - low) * (s + low)) / s;
  return (inside * ratio) / (Math.PI * beta);
}

/**
 * Share of the values of s at or below the given one.
 *
 * With x = s^2 and R = sqrt((b - x)(x - a)),
 * 2 pi beta F = R + (1 + beta) (asin((x - 1 - beta) / (2 sqrt beta)) + pi/2)
 *               - (1 - beta) (asin(((1 + beta) x - (1 - beta)^2) / (2 x sqrt beta)) + pi/2).
 *
 * @throws DomainError if beta is outside (0, 1]
 * @accuracy about 1e-15 / beta absolute, from cancellation of the two angles
 */
export function marchenkoPasturCdf(s: number, beta: number): number {
  const [low, high] = marchenkoPasturEdges(beta);
  if (s <= low) return 0;
  if (s >= high) return 1;
  const x = s * s;
  const root = Math.sqrt((high * high - x) * (x - low * low));
  const first = angle((x - 1 - beta) / (2 * Math.sqrt(beta)));
  const second = beta === 1 ? 0 : angle(((1 + beta) * x - (1 - beta) ** 2) / (2 * x * Math.sqrt(beta)));
  const share = (root + (1 + beta) * first - (1 - beta) * second) / (2 * Math.PI * beta);
  return Math.min(Math.max(share, 0), 1);
}

/**
 * Quantile of s in the descending convention of every record: a share q of the values is at or above it.
 *
 * Divide by sqrt(r) for sigma of X / ||X||_F.
 *
 * @param q in (0, 1]; 0.5 is the median, q = 0.9 is small
 * @throws DomainError if q or beta is outside (0, 1]
 * @accuracy 1e-15 / (beta density(s)), density(s) as above
 * @example marchenkoPasturQuantile(1, 0.25) // 0.5, the lower edge
 */
export function marchenkoPasturQuantile(q: number, beta: number): number {
  requireQuantiles('marchenko-pastur', [q]);
  let [low, high] = marchenkoPasturEdges(beta);
  if (q === 1) return low;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (marchenkoPasturCdf(middle, beta) < 1 - q) low = middle;
    else high = middle;
  }
}

/**
 * How many more singular values of a finite real matrix lie above s than the law says: E N(s) - r (1 - F(s)), as r grows.
 *
 * With s^2 = 1 + beta + 2 sqrt(beta) cos(theta), theta from 0 at the upper edge to pi at the lower,
 *
 *   surplus = 1/4 - theta / (2 pi) + kappa sin(2 theta) / (2 pi).
 *
 * So a quarter of a value stands outside each edge of the bulk. This is the mean term of the central limit theorem for
 * linear statistics, read for an indicator: Bai and Silverstein have its first two parts, which are all for Gaussian
 * entries, Pan and Zhou the third. The first two also follow from the joint density of the eigenvalues of Gaussian
 * matrices, whose saddle point moves by (1/4 delta_low + 1/4 delta_high - d theta / (2 pi)) / r; square ones included,
 * where the lower quarter stands at the hard edge 0.
 *
 * @param s in the scale of {@link marchenkoPasturQuantile}
 * @param excessKurtosis of the entries: E x^4 / (E x^2)^2 - 3
 * @returns 0 outside the bulk
 * @throws DomainError if beta is outside (0, 1] or the kurtosis is not finite
 * @accuracy what is left out vanishes as r grows; it does not hold within about two values of an edge
 * @example marchenkoPasturSurplus(0, 1, 0) // -0.25: of a value too few above, so too many below
 */
export function marchenkoPasturSurplus(s: number, beta: number, excessKurtosis: number): number {
  const [low, high] = marchenkoPasturEdges(beta);
  if (!Number.isFinite(excessKurtosis))
    throw new DomainError(
      `marchenko-pastur: the surplus needs a finite kurtosis of the entries, got ${excessKurtosis}`,
    );
  if (!(s >= low && s <= high)) return 0;
  const theta = Math.PI - angle((s * s - 1 - beta) / (2 * Math.sqrt(beta)));
  return 1 / 4 - theta / (2 * Math.PI) + (excessKurtosis * Math.sin(2 * theta)) / (2 * Math.PI);
}

/** asin(x) + pi/2 with x clamped against rounding at the edges. */
function angle(x: number): number {
  return Math.asin(Math.min(Math.max(x, -1), 1)) + Math.PI / 2;
}
