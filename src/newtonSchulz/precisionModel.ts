/**
 * What rounding leaves of a schedule, predicted from the spectrum alone.
 *
 * In: a schedule, a spectrum, a precision, a remedy. Out: the expected u^T NS(X) v per quantile.
 *
 * 1. Every time X is rounded to p bits, each entry gains an error of about 0.42 2^-p of itself; in the mean
 *    0.42 2^-p ||X_k||_F / sqrt(m n). An error made after k steps reaches small directions as if it had been in X_0,
 *    divided by the slope of these steps. The sum over k is one noise matrix N added to X_0, of variance tau^2 an entry.
 * 2. c(s) = u^T polar(X_0 + N) v is what any number of steps can reach (additiveNoise.ts).
 * 3. In X_0 + N the direction u, v is spread over singular values y about s / c. With weights that make the output the mean
 *    of s f(y) / y, the mean of 1 / y is c / s by step 2, and that of y^2 is s^2 + tau^2 (m + n). A three-point rule in
 *    1 / y with these means, half its weight in the middle, gives the output.
 *
 * Predicts `emulate` within 0.06 for the mean of every tenth of the directions, and within 0.02 for the mean over all,
 * for bf16, fp16, tf32 and float32 on random singular vectors, sides of 192 and 512, with and without an outlier, with every
 * remedy (test/newtonSchulz/precisionModel.test.ts). Not predicted: singular vectors far from random, such as a
 * direction that lives in a few rows; and errors of A and B, which the emulation shows to be harmless.
 */

import { requireQuantiles } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import { remembered } from '../base/remembered.ts';
import { type EntryNoise, polarAlignmentCurve } from './additiveNoise.ts';
import { evaluate } from './oddPolynomial.ts';
import {
  type Directions,
  directionsOf,
  type QuantileSpectrum,
  requireQuantileSpectrum,
  valueAtQuantile,
} from './quantileSpectrum.ts';
import { type Remedy, storageOf } from './remedy.ts';
import { outputOf } from './response.ts';
import { FP16_SMALLEST_NORMAL, FP16_SPACING, SIGNIFICANT_BITS } from './rounding.ts';
import type { NsPrecision, NsSchedule } from './schedule.ts';

/** What becomes of one direction. */
export interface PrecisionOutput {
  /** sigma as the schedule meets it, after the remedy's normalisation. */
  readonly sigma: number;
  /** Predicted u^T NS(X) v. */
  readonly output: number;
  /** In exact arithmetic, same remedy. */
  readonly exact: number;
  /** u^T polar(X rounded) v: what no schedule can exceed by converging further. */
  readonly limit: number;
}

/** A spectrum under a precision and a remedy, ready for many schedules. */
export interface PrecisionModel {
  readonly precision: NsPrecision;
  readonly remedy: Remedy;
  /** @throws DomainError for a quantile outside (0, 1] or a schedule with another entry than "frobenius" */
  outputAt(schedule: NsSchedule, quantile: number): PrecisionOutput;
  outputs(schedule: NsSchedule, quantiles: readonly number[]): readonly PrecisionOutput[];
  /**
   * What becomes of directions with these singular values among those of the spectrum.
   *
   * @param sigmas of X / ||X||_F, before the remedy
   * @throws DomainError for a value outside [0, 1]
   */
  outputsOf(schedule: NsSchedule, sigmas: readonly number[]): readonly PrecisionOutput[];
  /** `output` and `limit` of {@link outputsOf} for one value after another, known to lie in [0, 1]. */
  responseOf(schedule: NsSchedule): RoundedResponse;
}

/** What rounding makes of a schedule, as functions of the singular value before the remedy. */
export interface RoundedResponse {
  output(sigma: number): number;
  limit(sigma: number): number;
}

/**
 * Root mean square of the rounding error in units of 2^-p |x|, for p significant bits.
 *
 * Uniform error of half a unit in the last place, over a mantissa uniform in its logarithm:
 * sqrt((3 / 8) / ln 2) / sqrt(3) = 0.4247.
 */
const RMS_ROUNDING = 0.4247;

/** The noise level is snapped to this grid of its logarithm, so that similar schedules share step 2. */
const NOISE_GRID = 0.02;

/**
 * The output a schedule reaches at a quantile in a given precision.
 *
 * For many schedules on one spectrum build a {@link precisionModel} once.
 *
 * @param spectrum forecast or measured; see QuantileSpectrum
 * @throws DomainError for an impossible spectrum or quantile, or an entry other than "frobenius"
 * @example precisionFloor(scheduleOf('deepseek-v4'), finalO, 'bf16').output
 */
export function precisionFloor(
  schedule: NsSchedule,
  spectrum: QuantileSpectrum,
  precision: NsPrecision = schedule.precision,
  { quantile = 0.5, remedy = 'none' }: { readonly quantile?: number; readonly remedy?: Remedy } = {},
): PrecisionOutput {
  return precisionModel(spectrum, precision, { remedy }).outputAt(schedule, quantile);
}

/** @throws DomainError for an impossible spectrum */
export function precisionModel(
  spectrum: QuantileSpectrum,
  precision: NsPrecision,
  { remedy = 'none' }: { readonly remedy?: Remedy } = {},
): PrecisionModel {
  requireQuantileSpectrum(spectrum);
  const shape = [Math.min(spectrum.rows, spectrum.columns), Math.max(spectrum.rows, spectrum.columns)] as const;
  const entered = enter(directionsOf(spectrum), remedy);
  const curves = new Map<string, Map<number, (s: number) => number>>();
  const smallest = decadeOf(entered.directions.sigma.findLast((s) => s > 0) ?? 1);
  const meets = (sigma: number): number => Math.min(1, entered.factor * sigma);
  const throughOf = rememberedOf((schedule) => {
    requireFrobenius(schedule);
    const noise = snapped(entryNoise(schedule, entered.directions, shape, { precision, remedy }));
    const key = `${noise.variance} ${noise.profile}`;
    const own = curves.get(key) ?? new Map<number, (s: number) => number>();
    curves.set(key, own);
    const curveFrom = (from: number): ((s: number) => number) => {
      let curve = own.get(from);
      if (curve === undefined) {
        curve = polarAlignmentCurve(entered.directions, noise, shape, [from, 1]);
        own.set(from, curve);
      }
      return curve;
    };
    const limitOf = (sigma: number): number => {
      if (sigma === 0) return 0;
      return curveFrom(sigma >= smallest ? smallest : decadeOf(sigma))(sigma); // not what was asked before, so that results do not depend on it
    };
    const exact = outputOf(schedule);
    const spread = noise.variance * (shape[0] + shape[1]);
    return { exact, limitOf, output: throughNoise(schedule, spread) };
  });
  const outputsOf = (schedule: NsSchedule, sigmas: readonly number[]): readonly PrecisionOutput[] => {
    for (const s of sigmas)
      if (!(s >= 0 && s <= 1))
        throw new DomainError(`precision model: singular values of X / ||X||_F lie in [0, 1], got ${s}`);
    const { exact, limitOf, output } = throughOf(schedule);
    return sigmas.map((s) => {
      const sigma = meets(s);
      const limit = limitOf(sigma);
      return { sigma, exact: exact(sigma), output: output(sigma, limit), limit };
    });
  };
  const responseOf = rememberedOf((schedule): RoundedResponse => {
    const { limitOf, output } = throughOf(schedule);
    return {
      output: (s) => {
        const sigma = meets(s);
        return output(sigma, limitOf(sigma));
      },
      limit: (s) => limitOf(meets(s)),
    };
  });
  const outputs = (schedule: NsSchedule, quantiles: readonly number[]): readonly PrecisionOutput[] => {
    requireQuantiles('precision model', quantiles);
    return outputsOf(
      schedule,
      quantiles.map((q) => Math.min(1, valueAtQuantile(spectrum, q))),
    );
  };
  const outputAt = (schedule: NsSchedule, quantile: number): PrecisionOutput => outputs(schedule, [quantile])[0]!;
  return { precision, remedy, outputs, outputsOf, outputAt, responseOf };
}

/** Computed once a schedule, which is not kept alive. */
function rememberedOf<V>(compute: (schedule: NsSchedule) => V): (schedule: NsSchedule) => V {
  return remembered(compute, new WeakMap<NsSchedule, V>());
}

function decadeOf(sigma: number): number {
  return 10 ** Math.floor(Math.log10(sigma));
}

/** Spectrum after deflation or a tighter norm, and the factor its singular values grew by. */
function enter(directions: Directions, remedy: Remedy): { readonly directions: Directions; readonly factor: number } {
  const kept = remedy === 'deflation' ? withoutTop(directions) : directions;
  const power = remedy === 'tight entry' ? 8 : 2;
  const norm = remedy === 'deflation' || remedy === 'tight entry' ? schattenNorm(kept, power) : 1;
  if (norm === 0) return { directions: kept, factor: 1 };
  return { directions: { ...kept, sigma: kept.sigma.map((s) => s / norm) }, factor: 1 / norm };
}

function withoutTop({ sigma, count }: Directions): Directions {
  const [first] = count;
  if (first! <= 1) return { sigma: sigma.subarray(1), count: count.subarray(1) };
  return { sigma, count: count.map((c, i) => (i === 0 ? c - 1 : c)) };
}

function schattenNorm({ sigma, count }: Directions, power: number): number {
  const largest = sigma[0];
  if (!(largest! > 0)) return 0;
  let sum = 0;
  for (let i = 0; i < sigma.length; i++) sum += count[i]! * (sigma[i]! / largest!) ** power;
  return largest! * sum ** (1 / power);
}

/**
 * Step 1 of the head comment: the rounding errors of all steps as one error of the entries of X_0.
 *
 * @param shape [m, n]
 */
export function entryNoise(
  { coefficients, entry }: NsSchedule,
  { sigma, count }: Directions,
  [m, n]: readonly [number, number],
  { precision, remedy }: { readonly precision: NsPrecision; readonly remedy: Remedy },
): EntryNoise {
  const { iterate } = storageOf(precision, remedy);
  const x = sigma.map((s) => s / entry.scale);
  let slope = 1 / entry.scale;
  let variance = 0;
  let followingTop = 0;
  for (const [k, step] of coefficients.entries()) {
    let energy = 0;
    for (let i = 0; i < x.length; i++) energy += count[i]! * x[i]! * x[i]!;
    const single = count[0] === 1 ? (x[0]! * x[0]!) / energy : 0;
    const error = roundingVariance(energy / (m * n), iterate(k)) / slope ** 2;
    variance += error;
    followingTop += error * single;
    for (let i = 0; i < x.length; i++) x[i] = evaluate(step, x[i]!);
    slope *= step[0];
  }
  return { variance, profile: variance === 0 ? 0 : followingTop / variance };
}

/** Mean square rounding error of entries of mean square `square`. */
function roundingVariance(square: number, precision: NsPrecision): number {
  const relative = (RMS_ROUNDING * 2 ** -SIGNIFICANT_BITS[precision]) ** 2 * square;
  if (precision !== 'fp16' || square === 0) return relative;
  const subnormal = Math.min(1, (2 * FP16_SMALLEST_NORMAL) / Math.sqrt(2 * Math.PI * square)); // share of Gaussian entries
  return relative + (subnormal * FP16_SPACING ** 2) / 12;
}

function snapped({ variance, profile }: EntryNoise): EntryNoise {
  if (variance === 0) return { variance, profile };
  return {
    variance: Math.exp(Math.round(Math.log(variance) / NOISE_GRID) * NOISE_GRID),
    profile: Math.round(profile / NOISE_GRID) * NOISE_GRID,
  };
}

/**
 * Step 3 of the head comment: a direction's output from its singular value and its limit.
 *
 * @param spread tau^2 (m + n)
 */
function throughNoise({ entry, coefficients }: NsSchedule, spread: number): (sigma: number, limit: number) => number {
  const flat = Float64Array.from(coefficients.flat());
  return (sigma, limit) => {
    if (sigma === 0 || limit === 0) return 0;
    const r = Math.max(1, limit * limit * (1 + spread / (sigma * sigma)));
    // r (1 - e)^2 = 1 + e for the squared half-distance e of the outer points of 1 / y, relative to c / s
    const half = Math.sqrt(Math.max(0, (2 * r + 1 - Math.sqrt(8 * r + 1)) / (2 * r)));
    const above = limit * (1 + half);
    const below = limit * (1 - half);
    let x = Math.min(1, sigma / limit) / entry.scale;
    let y = Math.min(1, sigma / above) / entry.scale;
    let z = Math.min(1, sigma / below) / entry.scale;
    // All three in one loop, so that the processor need not wait for one to go on with the next.
    for (let k = 0; k < flat.length; k += 3) {
      const a = flat[k]!;
      const b = flat[k + 1]!;
      const c = flat[k + 2]!;
      const t = x * x;
      const u = y * y;
      const v = z * z;
      x *= a + t * (b + t * c);
      y *= a + u * (b + u * c);
      z *= a + v * (b + v * c);
    }
    return (limit * x) / 2 + (above * y + below * z) / 4;
  };
}

function requireFrobenius({ name, entry }: NsSchedule): void {
  if (entry.normalisation !== 'frobenius')
    throw new DomainError(`precision model: ${name} rescales rows or columns first; expected a Frobenius entry`);
}
