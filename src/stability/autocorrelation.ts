/**
 * How many samples one independent sample is worth.
 *
 * Input: evenly spaced residuals of a trend. Output: the integrated autocorrelation time
 * tau = 1 + 2 sum rho(t), in samples; n samples determine a mean as well as n / tau independent ones.
 * Method:
 * 1. autocorrelations rho(t) of the residuals;
 * 2. Sokal's window: sum up to the first lag M with M >= 5 tau(M), which cuts off the noise of the far lags;
 * 3. a first-order autoregressive estimate (1 + phi) / (1 - phi) with phi = rho(1) freed of its small-sample bias:
 *    removing a line from n samples lowers rho(1) by about (2 + 4 phi) / n, which hides correlation in short series;
 * 4. the larger of the two, and at least 1.
 * Guaranteed for autoregressive noise: where n / tau is 8 or more, intervals built on it cover at least 90 % where 95 % is
 * promised (test/stability). Not guaranteed: fewer independent samples, negative correlation (tau stays 1).
 *
 * References: Sokal 1997, "Monte Carlo methods in statistical mechanics", section 3; Marriott and Pope 1954 and
 * Kendall 1954, Biometrika 41, for the bias.
 */

/** Sokal's c: windows of 4 to 10 correlation times serve exponential decay. */
const WINDOW_FACTOR = 5;
/** Beyond this correlation a short series cannot tell noise from trend. */
const LARGEST_PHI = 0.98;

/**
 * Integrated autocorrelation time of the residuals of a straight line.
 *
 * @param residuals evenly spaced, mean zero; at least 3
 * @returns in samples, at least 1; 1 where all residuals are zero
 */
export function autocorrelationTime(residuals: readonly number[]): number {
  const power = lagProduct(residuals, 0);
  if (power === 0) return 1;
  return Math.max(1, windowedTime(residuals, power), autoregressiveTime(residuals, power));
}

function windowedTime(residuals: readonly number[], power: number): number {
  let tau = 1;
  for (let lag = 1; lag < residuals.length; lag++) {
    tau += (2 * lagProduct(residuals, lag)) / power;
    if (lag >= WINDOW_FACTOR * tau) break;
  }
  return tau;
}

function autoregressiveTime(residuals: readonly number[], power: number): number {
  const n = residuals.length;
  if (n <= 4) return 1;
  const unbiased = ((n * lagProduct(residuals, 1)) / power + 2) / (n - 4);
  const phi = Math.min(LARGEST_PHI, Math.max(0, unbiased));
  return (1 + phi) / (1 - phi);
}

function lagProduct(residuals: readonly number[], lag: number): number {
  let sum = 0;
  for (let i = lag; i < residuals.length; i++) sum += residuals[i]! * residuals[i - lag]!;
  return sum;
}
