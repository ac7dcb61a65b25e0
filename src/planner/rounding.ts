/**
 * Judgements of schedules whose products are rounded: the rules of `judge`, on modelled outputs.
 *
 * In: the judgement in exact arithmetic, a remedy, the spectrum of the row. Out: the judgement in the precision.
 * 1. The output is the one `precisionModel` predicts for a direction of the forecast singular value among the others.
 * 2. Larger singular values: modelled at a few places up to 1, and never better than in exact arithmetic.
 * 3. A schedule must meet the floor in exact arithmetic by itself. A remedy brings back what rounding took; that
 *    deflation and a tighter entry also enlarge singular values, and so save steps in any precision, does not count.
 *
 * So a rounded judgement never reaches a higher floor than the exact one, and `choose` need not ask for it elsewhere.
 */
import { remembered } from '../base/remembered.ts';
import { type PrecisionModel, precisionModel } from '../newtonSchulz/precisionModel.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { DIP_TOLERANCE, type Judgement } from './judge.ts';

/** What a precision makes of schedules; spectra are told apart by identity, and remembered. */
export interface Rounding {
  readonly precision: NsPrecision;
  /** @param exact of a schedule at `sigma`; returned as it is in float32 */
  judge(exact: Judgement, sigma: Interval, remedy: Remedy, spectrum: QuantileSpectrum): Judgement;
  /** Of {@link judge} the output at a singular value alone, which bounds its reach. */
  outputAt(schedule: NsSchedule, sigma: number, remedy: Remedy, spectrum: QuantileSpectrum): number;
  /** Outputs at the value, and the smallest and largest over the interval. */
  outputOver(schedule: NsSchedule, sigma: Interval, remedy: Remedy, spectrum: QuantileSpectrum): Interval;
}

/** Places looked at, ends included, evenly in the logarithm: in an interval, and above a singular value. */
const PLACES_IN_INTERVAL = 5;
const PLACES_ABOVE = 9;

/** Intervals that begin at 0 are looked at from here. */
const SMALLEST = 1e-12;

/** @param precision another than float32, which is taken as exact */
export function createRounding(precision: NsPrecision): Rounding {
  const modelOf = rememberedModels(precision);
  const outputAt: Rounding['outputAt'] = (schedule, sigma, remedy, spectrum) =>
    modelOf(spectrum, remedy).responseOf(schedule).output(sigma);
  const outputOver: Rounding['outputOver'] = (schedule, sigma, remedy, spectrum) => {
    const { output } = modelOf(spectrum, remedy).responseOf(schedule);
    const value = output(sigma.value);
    let [low, high] = [value, value];
    const places = sigma.low === sigma.high ? 1 : PLACES_IN_INTERVAL;
    const placeOf = placesBetween(sigma.low, sigma.high, places);
    for (let i = 0; i < places; i++) {
      const at = output(placeOf(i));
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
    return { value, low, high };
  };
  return {
    precision,
    outputAt,
    outputOver,
    judge: (exact, sigma, remedy, spectrum) => {
      const { schedule } = exact;
      const output = outputOver(schedule, sigma, remedy, spectrum);
      const modelled = modelOf(spectrum, remedy).responseOf(schedule);
      let low = Math.min(exact.above[0], output.value);
      let high = Math.max(exact.above[1], output.value);
      const placeOf = placesBetween(sigma.value, 1, PLACES_ABOVE);
      for (let i = 1; i < PLACES_ABOVE; i++) {
        const at = modelled.output(placeOf(i)); // the first place is the forecast's own
        low = Math.min(low, at);
        high = Math.max(high, at);
      }
      return {
        schedule,
        remedy,
        limit: modelled.limit(sigma.value),
        output,
        above: [low, high],
        worst: Math.min(output.low, low),
        highest: exact.highest,
        reach: Math.max(0, Math.min(exact.reach, output.value, low / (1 - DIP_TOLERANCE))),
      };
    },
  };
}

function rememberedModels(precision: NsPrecision): (spectrum: QuantileSpectrum, remedy: Remedy) => PrecisionModel {
  const known = new WeakMap<QuantileSpectrum, (remedy: Remedy) => PrecisionModel>();
  return (spectrum, remedy) => {
    let modelOf = known.get(spectrum);
    if (modelOf === undefined) {
      modelOf = remembered((one: Remedy) => precisionModel(spectrum, precision, { remedy: one }));
      known.set(spectrum, modelOf);
    }
    return modelOf(remedy);
  };
}

/** The places from `low` to `high` as a function of their number, 0 to count - 1. */
function placesBetween(low: number, high: number, count: number): (i: number) => number {
  const [from, to] = [Math.log(Math.max(low, SMALLEST)), Math.log(Math.max(high, SMALLEST))];
  return (i) => (i === 0 ? low : i === count - 1 ? high : Math.exp(from + ((to - from) * i) / (count - 1)));
}
