/**
 * First-order gain of spectral entropy by an update along shared singular directions.
 *
 * Let W = U diag(w) V^T with w > 0 and let the update be E = U diag(f) V^T, as for a gradient G = -U diag(g) V^T with
 * the same directions. Then W + eta E has the singular values w + eta f for small eta. With S = sum w, p = w / S and
 * H = -sum p ln p,
 *
 *   dH / d eta = sum_i a_i f_i,   a_i = -(ln p_i + H) / S,
 *
 * because dp_i = (f_i - p_i sum f) d eta / S, dH = -sum (ln p_i) dp_i, and sum p_i ln p_i = -H.
 *
 * 1. sum_i a_i = (-mean ln p - H) r / S >= 0, with equality only for a flat spectrum: -mean ln p >= ln r >= H.
 * 2. A rule that does not adapt to w chooses f from g alone. Averaged over all pairings of the two spectra its gain is
 *    mean(f) sum a, and no pairing can leave it more than that in the worst case. With |f_i| <= 1 both are largest for
 *    f = 1, the polar update, and only for it.
 * 3. For f = 1 the same derivative holds at every eta, so the entropy never falls however long the step.
 *
 * A rule that looks at w gains more: f_i = sign a_i.
 *
 * Source: derived here; the claim is that of arXiv:2606.08388, abstract, whose own proof is not used.
 */
import { spectralEntropy } from '../linalg/spectrumMeasures.ts';

/**
 * a_i = dH / df_i at eta = 0, per unit of update.
 *
 * @param weights singular values w, (r,), positive
 * @returns (r,), in nats per unit of w
 */
export function entropySlopes(weights: ArrayLike<number>): Float64Array {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  const entropy = spectralEntropy(weights);
  return Float64Array.from(weights, (w) => -(Math.log(w / sum) + entropy) / sum);
}

/** sum a_i f_i, in nats per unit of eta. */
export function firstOrderGain(slopes: ArrayLike<number>, update: ArrayLike<number>): number {
  let gain = 0;
  for (let i = 0; i < slopes.length; i++) gain += slopes[i] * update[i];
  return gain;
}

/** H(|w + eta f|) - H(w): exact, whatever the step. */
export function entropyGain(weights: ArrayLike<number>, update: ArrayLike<number>, eta: number): number {
  const moved = Float64Array.from(weights, (w, i) => Math.abs(w + eta * update[i]));
  return spectralEntropy(moved) - spectralEntropy(weights);
}
