/** Student's t: the factor that turns a standard error into an interval. */
import { DomainError } from './errors.ts';

/** Probability outside the interval, both sides together. */
const TAILS = 0.05;
/** -1.96: the standard normal quantile at TAILS / 2. */
const NORMAL = -1.959963984540054;

/**
 * Half-width of the 95 % interval in standard errors: the 0.975 quantile of Student's t.
 *
 * @param degreesOfFreedom real, at least 1; Infinity gives the normal distribution's 1.96
 * @throws DomainError below one degree of freedom, where an estimate has no usable interval
 * @accuracy probability within 5e-4 of 0.95 for degrees of freedom below 3, within 1e-5 from there on
 * @source Hill 1970, "Student's t-quantiles", CACM 13 (10), Algorithm 396, from 3 degrees of freedom up
 * @example studentFactor(3) // 3.1824
 */
export function studentFactor(degreesOfFreedom: number): number {
  const n = degreesOfFreedom;
  if (!(n >= 1))
    throw new DomainError(`studentFactor: degrees of freedom must be at least 1, got ${n}; use more points`);
  if (n === Number.POSITIVE_INFINITY) return -NORMAL;
  return n < 3 ? interpolate(n) : hill(n);
}

/** ln(factor) as the parabola in 1 / n through its exact values at n = 1, 2, 3: Hill's series fails between 1 and 2. */
function interpolate(n: number): number {
  const one = Math.log(1 / Math.tan((TAILS * Math.PI) / 2));
  const two = Math.log(Math.sqrt(2 / (TAILS * (2 - TAILS)) - 2));
  const three = Math.log(hill(3));
  const u = 1 / n;
  return Math.exp(
    one * 3 * (u - 1 / 2) * (u - 1 / 3) - two * 12 * (u - 1) * (u - 1 / 3) + three * 9 * (u - 1) * (u - 1 / 2),
  );
}

/** Hill's algorithm in his letters; n > 2. */
function hill(n: number): number {
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  let c = (((20700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * TAILS) ** (2 / n);
  if (y <= 0.05 + a) {
    y =
      ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * ((n + 1) / (n + 2)) +
      1 / y;
    return Math.sqrt(n * y);
  }
  const x = NORMAL;
  y = x * x;
  if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
  c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
  y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
  return Math.sqrt(n * Math.expm1(a * y * y));
}

/**
 * Half-width of the two-sided interval of any confidence in standard errors.
 *
 * With t = sqrt(n) tan(theta), P(|T| < t) is the integral of cos^(n-1) from 0 to theta over that to pi / 2.
 *
 * @param degreesOfFreedom integer, at least 1
 * @param confidence in (0, 1)
 * @throws DomainError outside these ranges
 * @accuracy 1e-6 relative for confidence up to 0.999 and up to 100 degrees of freedom
 * @example confidenceFactor(5, 0.8) // 1.4759
 */
export function confidenceFactor(degreesOfFreedom: number, confidence: number): number {
  if (!Number.isInteger(degreesOfFreedom) || degreesOfFreedom < 1)
    throw new DomainError(
      `confidenceFactor: degrees of freedom must be an integer of at least 1, got ${degreesOfFreedom}`,
    );
  if (!(confidence > 0 && confidence < 1))
    throw new DomainError(`confidenceFactor: the confidence must lie between 0 and 1, got ${confidence}`);
  const wanted = confidence * cosinePower(degreesOfFreedom - 1, Math.PI / 2);
  let [below, above] = [0, Math.PI / 2];
  for (let i = 0; i < 50; i++) {
    const middle = (below + above) / 2;
    if (cosinePower(degreesOfFreedom - 1, middle) < wanted) below = middle;
    else above = middle;
  }
  return Math.sqrt(degreesOfFreedom) * Math.tan(below);
}

/** Integral of cos^power from 0 to theta, by Simpson's rule. */
function cosinePower(power: number, theta: number): number {
  const intervals = 128;
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.cos((theta * i) / intervals) ** power;
  }
  return (sum * theta) / (3 * intervals);
}
