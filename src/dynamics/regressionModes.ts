/**
 * Singular-value dynamics of underdetermined linear regression, in closed form.
 *
 * Loss 1/2 ||X W - Y||_F^2 with X (N, d), N < d, and W (d, k). Let all spectra share directions:
 * X = P diag(s) Q^T, Y = P diag(y) R^T, W(0) = Q diag(w0) R^T, with P (N, r), Q (d, r), R (k, r) orthonormal, s > 0,
 * w0 >= 0. The gradient X^T (X W - Y) = Q diag(s (s w - y)) R^T then has them too, and W keeps them. Each mode runs to
 * its target w* = y / s:
 *
 *   gradient flow            dw/dt = s^2 (w* - w)          w(t) = w* + (w0 - w*) exp(-s^2 t)
 *   continuous-time Muon     dw/dt = sign(w* - w)          w(t) = w0 + sign(w* - w0) min(t, |w* - w0|)
 *
 * so under Muon every mode moves at unit speed until its residual vanishes, whatever its s and the size of its residual.
 *
 * The spectrum moves toward equal values, that is its flatness (sum w)^2 / (r sum w^2) grows, exactly when
 *
 *   sum_i v_i (sum w^2 - w_i sum w) > 0,   v_i = dw_i/dt.
 *
 * Under Muon with growing modes, v_i = 1 for the active ones: their mean must lie below sum w^2 / sum w, the mean of
 * the spectrum weighted by itself. While all modes are active it always does (mean <= weighted mean). Which modes are
 * still active is decided by the targets y / s, hence by the measurements: once the modes with small targets have
 * stopped, the others run away from them.
 *
 * Source: derived here from standard definitions; the claims are those of arXiv:2606.08388, abstract.
 */

/** One aligned mode. */
export interface Mode {
  /** s > 0: singular value of the measurements. */
  readonly measurement: number;
  /** w0 >= 0. */
  readonly start: number;
  /** w* = y / s. */
  readonly target: number;
}

export type Flow = 'muon' | 'gradient';

/** w(t) of one mode. @param time >= 0 */
export function modeAt(flow: Flow, { measurement, start, target }: Mode, time: number): number {
  if (flow === 'gradient') return target + (start - target) * Math.exp(-(measurement ** 2) * time);
  const distance = target - start;
  return start + Math.sign(distance) * Math.min(time, Math.abs(distance));
}

/** dw/dt at time t; for Muon 0 once the residual has vanished. */
export function modeSpeed(flow: Flow, mode: Mode, time: number): number {
  const { measurement, start, target } = mode;
  if (flow === 'gradient') return measurement ** 2 * (target - modeAt(flow, mode, time));
  return time < Math.abs(target - start) ? Math.sign(target - start) : 0;
}

/**
 * sum_i v_i (sum w^2 - w_i sum w): its sign is that of the flatness' derivative.
 *
 * @param values w, (r,)
 * @param speeds dw/dt, (r,)
 */
export function flatteningCondition(values: readonly number[], speeds: readonly number[]): number {
  const sum = values.reduce((total, w) => total + w, 0);
  const squares = values.reduce((total, w) => total + w * w, 0);
  return speeds.reduce((total, v, i) => total + v * (squares - values[i] * sum), 0);
}

/** When the first mode reaches its target under Muon; until then the flatness of growing modes cannot fall. */
export function firstArrival(modes: readonly Mode[]): number {
  return Math.min(...modes.map(({ start, target }) => Math.abs(target - start)));
}
