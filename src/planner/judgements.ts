/**
 * Judgements of many candidates, at one forecast after another; each is made once a forecast, and what is cheap to know
 * can be asked for alone.
 *
 * Where products are rounded, the judgement in exact arithmetic bounds the rounded one (rounding.ts) and costs far less.
 */
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { createJudge, type Judge, type Judgement } from './judge.ts';
import type { Rounding } from './rounding.ts';

/** A schedule under a remedy. */
export interface Candidate {
  /** Of the schedule. */
  readonly index: number;
  readonly remedy: Remedy;
  /** Counts candidates from 0; no two have the same. */
  readonly id: number;
}

/** What candidates are judged at. */
export interface JudgedForecast {
  readonly sigma: Interval;
  readonly floor: number;
  /** Used where products are rounded. */
  readonly spectrum: QuantileSpectrum;
}

/** Judgements at the forecast that was begun last. */
export interface Judgements {
  begin(forecast: JudgedForecast): void;
  schedule(candidate: Candidate): NsSchedule;
  /** A forecast below which none of these meets the floor. */
  missesBelow(candidates: readonly Candidate[]): number;
  /** In exact arithmetic. */
  reach(candidate: Candidate): number;
  /** In exact arithmetic at the forecast. */
  output(candidate: Candidate): number;
  /** At the low end of its interval, likewise. */
  outputAtLow(candidate: Candidate): number;
  /** Whether its reach in exact arithmetic meets the floor. */
  mayMeet(candidate: Candidate): boolean;
  /** Whether the rounded one may reach this floor, by what is cheap to know. */
  mayReach(candidate: Candidate, floor: number): boolean;
  /** Whether the rounded one may meet the floor: by its output at the forecast, and by what its `worst` does not exceed. */
  mayMeetRounded(candidate: Candidate, leastWorst: number): boolean;
  exact(candidate: Candidate): Judgement;
  rounded(candidate: Candidate): Judgement;
}

const NOWHERE: JudgedForecast = {
  sigma: { value: 0, low: 0, high: 0 },
  floor: 1,
  spectrum: { quantiles: [1], values: [0], rows: 1, columns: 1 },
};

/** @param rounding how products are rounded; null for exact arithmetic */
export function createJudgements(schedules: readonly NsSchedule[], rounding: Rounding | null): Judgements {
  const exact = exactJudgements(schedules);
  return rounding === null ? exact : roundedJudgements(exact, rounding);
}

function exactJudgements(schedules: readonly NsSchedule[]): Judgements {
  let at = NOWHERE;
  const judges: Judge[] = [];
  const judgeOf = (index: number): Judge => {
    judges[index] ??= createJudge(schedules[index]!);
    return judges[index]!;
  };
  const made = createKept(
    ({ index }: Candidate) => index,
    ({ index }) => judgeOf(index).at(at.sigma),
  );
  const reaches = new Float64Array(schedules.length);
  const misses = new Float64Array(schedules.length);
  const missesOf = ({ index }: Candidate): number => {
    if (Number.isNaN(misses[index])) misses[index] = judgeOf(index).missesBelow(at.floor);
    return misses[index]!;
  };
  const reach = ({ index }: Candidate): number => {
    if (Number.isNaN(reaches[index])) reaches[index] = judgeOf(index).reach(at.sigma.value);
    return reaches[index]!;
  };
  return {
    begin: (forecast) => {
      if (forecast.floor !== at.floor || at === NOWHERE) misses.fill(Number.NaN);
      at = forecast;
      reaches.fill(Number.NaN);
      made.forget();
    },
    schedule: ({ index }) => schedules[index]!,
    missesBelow: (candidates) =>
      candidates.reduce((least, candidate) => Math.min(least, missesOf(candidate)), Number.POSITIVE_INFINITY),
    reach,
    output: ({ index }) => judgeOf(index).output(at.sigma.value),
    outputAtLow: ({ index }) => judgeOf(index).output(at.sigma.low),
    mayMeet: (candidate) => at.sigma.value >= missesOf(candidate) && reach(candidate) >= at.floor,
    mayReach: (candidate, floor) => reach(candidate) >= floor,
    mayMeetRounded: () => true,
    exact: made.get,
    rounded: made.get,
  };
}

function roundedJudgements(exact: Judgements, rounding: Rounding): Judgements {
  let at = NOWHERE;
  const outputAt = (value: number, candidate: Candidate): number =>
    rounding.outputAt(exact.schedule(candidate), value, candidate.remedy, at.spectrum);
  const made = createKept(
    ({ id }: Candidate) => id,
    (candidate) => rounding.judge(exact.exact(candidate), at.sigma, candidate.remedy, at.spectrum),
  );
  return {
    ...exact,
    begin: (forecast) => {
      at = forecast;
      exact.begin(forecast);
      made.forget();
    },
    mayReach: (candidate, floor) =>
      exact.reach(candidate) >= floor && (floor <= 0 || outputAt(at.sigma.value, candidate) >= floor),
    mayMeetRounded: (candidate, leastWorst) =>
      outputAt(at.sigma.value, candidate) >= at.floor &&
      (leastWorst < 0 || Math.min(1, outputAt(at.sigma.low, candidate)) >= leastWorst),
    rounded: made.get,
  };
}

/** Judgements of one forecast by a number of the candidate, in arrays that the next forecast uses again. */
function createKept(
  keyOf: (candidate: Candidate) => number,
  make: (candidate: Candidate) => Judgement,
): { get(candidate: Candidate): Judgement; forget(): void } {
  const made: (Judgement | undefined)[] = [];
  const keys: number[] = [];
  return {
    get: (candidate) => {
      const key = keyOf(candidate);
      const found = made[key];
      if (found !== undefined) return found;
      const judgement = make(candidate);
      made[key] = judgement;
      keys.push(key);
      return judgement;
    },
    forget: () => {
      for (const key of keys) made[key] = undefined;
      keys.length = 0;
    },
  };
}
