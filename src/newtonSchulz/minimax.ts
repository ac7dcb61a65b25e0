/**
 * The odd cubic and quintic nearest to 1 on an interval: the building blocks of an optimal composition.
 *
 * p minimises max |p(s) - 1| over [l, u]. By equioscillation the quintic meets 1 - E, 1 + E, 1 - E, 1 + E at
 * l < q < r < u, where q and r are its critical points. Remez' exchange finds it by solving linear systems whose
 * rows become equal as l -> u. Here q and r are found directly:
 *
 * 1. p'(s) = 5 c (s^2 - q^2)(s^2 - r^2), so p = 5 c (q^2 r^2 s - (q^2 + r^2) s^3 / 3 + s^5 / 5).
 * 2. p - p(r) has a double root at r and one at l; comparing coefficients of (s - r)^2 (s - l)(s^2 + ...) gives
 *    (2 r + l) ((5 q^2 - r^2) / 3 - l^2) = r^2 l, and likewise for q and u with the parts of q and r exchanged.
 * 3. Newton's iteration on these two equations; their Jacobian is regular down to l = u.
 * 4. c from (p(l) + p(q)) / 2 = 1.
 *
 * Guaranteed: coefficients to about 1e-14 relative for every 0 <= l <= u, l = u included (the textbook's 15/8,
 * -10/8, 3/8). The linear systems lose up to eleven digits near l = u.
 */
import { DomainError } from '../base/errors.ts';
import { evaluate } from './oddPolynomial.ts';
import type { NsCoefficients } from './schedule.ts';

/** Newton's iteration took at most six steps on 200 ratios l / u from 1e-12 to 1; the rest is margin. */
const MAX_ITERATIONS = 30;

/**
 * The odd quintic with the smallest largest distance from 1 on [l, u].
 *
 * @param l 0 <= l <= u
 * @param u > 0
 * @source Amsel, Persson, Musco, Gower 2025, arXiv:2505.16932, for the problem
 * @example minimaxQuintic(0.001, 1) // [8.4703, -25.1081, 18.6293], the first step of "cans"
 */
export function minimaxQuintic(l: number, u: number): NsCoefficients {
  requireInterval(l, u);
  const [q, r] = criticalPair(l / u);
  const shape: NsCoefficients = [q * q * r * r, -(q * q + r * r) / 3, 1 / 5];
  const height = (evaluate(shape, l / u) + evaluate(shape, q)) / 2;
  return [shape[0] / height / u, shape[1] / height / u ** 3, shape[2] / height / u ** 5];
}

/**
 * The odd cubic with the smallest largest distance from 1 on [l, u]; c = 0.
 *
 * With alpha = sqrt(3 / (u^2 + l u + l^2)) and beta = 4 / (2 + l u (l + u) alpha^3): a = 1.5 alpha beta,
 * b = -0.5 alpha^3 beta.
 *
 * @source Chen and Chow 2014; Amsel et al. 2025, arXiv:2505.16932
 */
export function minimaxCubic(l: number, u: number): NsCoefficients {
  requireInterval(l, u);
  const alpha = Math.sqrt(3 / (u * u + l * u + l * l));
  const beta = 4 / (2 + l * u * (l + u) * alpha ** 3);
  return [1.5 * alpha * beta, -0.5 * alpha ** 3 * beta, 0];
}

/** q and r of the head comment, for u = 1. */
function criticalPair(l: number): readonly [q: number, r: number] {
  let [q, r] = [(3 * l + 1) / 4, (l + 3) / 4]; // exact as l -> 1
  for (let k = 0; k < MAX_ITERATIONS; k++) {
    const atR = (5 * q * q - r * r) / 3 - l * l;
    const atQ = (5 * r * r - q * q) / 3 - 1;
    const f = (2 * r + l) * atR - r * r * l;
    const g = (2 * q + 1) * atQ - q * q;
    const fq = ((2 * r + l) * 10 * q) / 3;
    const fr = 2 * atR - ((2 * r + l) * 2 * r) / 3 - 2 * r * l;
    const gq = 2 * atQ - ((2 * q + 1) * 2 * q) / 3 - 2 * q;
    const gr = ((2 * q + 1) * 10 * r) / 3;
    const determinant = fq * gr - fr * gq;
    const stepQ = (f * gr - g * fr) / determinant;
    const stepR = (g * fq - f * gq) / determinant;
    q -= stepQ;
    r -= stepR;
    if (Math.abs(stepQ) + Math.abs(stepR) < 8 * Number.EPSILON) break;
  }
  return [q, r];
}

function requireInterval(l: number, u: number): void {
  if (!(l >= 0 && u > 0 && l <= u && u < Number.POSITIVE_INFINITY))
    throw new DomainError(`minimax polynomial: expected 0 <= l <= u and u > 0, got [${l}, ${u}]`);
}
