/** Why a schedule was chosen, in sentences a user understands. */
import { formatShare, significant } from '../base/numbers.ts';
import { products } from '../newtonSchulz/cost.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { DIP_TOLERANCE, type Judgement, MAX_OUTPUT } from './judge.ts';
import type { PlanCriterion } from './plan.ts';

/** A pick and what it was picked over. */
export interface Choice {
  readonly chosen: Judgement;
  /** Whether `chosen` meets the criterion; otherwise it is the one that comes closest. */
  readonly met: boolean;
  /** The best of the cheaper ones. */
  readonly nextBest: Judgement | null;
  /** A cheaper one whose output at the forecast is high enough, but not elsewhere. */
  readonly turnedDown: Judgement | null;
  /** The cheapest that keeps the floor over the whole interval of the forecast. */
  readonly certain: Judgement | null;
}

/**
 * One sentence each: the pick, what is cheaper, the interval, the dip; those that apply.
 *
 * @param plannedFor the singular value the choice was made for: the forecast, or the low end at the criterion's confidence
 */
export function reasonsFor(
  choice: Choice,
  criterion: PlanCriterion,
  sigma: Interval,
  plannedFor: number = sigma.value,
): readonly string[] {
  return [
    whyThis(choice, criterion, plannedFor),
    ...whyNotCheaper(choice, criterion),
    ...(criterion.confidence === undefined ? atTheInterval(choice, criterion, sigma) : []),
    ...dip(choice, criterion),
  ];
}

function whyThis({ chosen, met }: Choice, { floor, quantile, confidence }: PlanCriterion, sigma: number): string {
  const end = confidence === undefined ? '' : `low end (${formatShare(confidence)} confidence) of the `;
  const at = `the ${end}forecast q = ${quantile} singular value ${significant(sigma)}`;
  const brings = `brings ${at} to ${significant(chosen.output.value)}`;
  if (met) return `${described(chosen.schedule)} ${brings}; it is the cheapest that reaches the floor ${floor}.`;
  return `No schedule meets the floor ${floor}; the closest, ${described(chosen.schedule)}, ${brings}.`;
}

function whyNotCheaper({ met, nextBest, turnedDown }: Choice, { floor }: PlanCriterion): readonly string[] {
  if (!met) return [];
  const sentences: string[] = [];
  if (turnedDown)
    sentences.push(
      `${described(turnedDown.schedule)} is cheaper and gives ${significant(turnedDown.output.value)} there, ` +
        `but ${fault(turnedDown, floor)}.`,
    );
  if (nextBest && nextBest !== turnedDown && nextBest.output.value < floor)
    sentences.push(
      `The best cheaper one, ${described(nextBest.schedule)}, gives only ${significant(nextBest.output.value)}.`,
    );
  return sentences;
}

/** Which of rules 2 and 3 a judgement breaks. */
function fault({ highest, above }: Judgement, floor: number): string {
  if (highest > MAX_OUTPUT)
    return `brings other singular values to ${significant(highest)}, above the bound ${MAX_OUTPUT}`;
  return `lets larger singular values fall to ${significant(above[0])}, below ${significant((1 - DIP_TOLERANCE) * floor)}`;
}

function atTheInterval({ chosen, met, certain }: Choice, { floor }: PlanCriterion, sigma: Interval): readonly string[] {
  if (!met || sigma.low === sigma.high) return [];
  const interval = `${significant(sigma.low)} to ${significant(sigma.high)}`;
  const worst = significant(chosen.output.low);
  if (chosen.output.low >= floor)
    return [`Over the interval of the forecast, ${interval}, the output stays at or above ${worst}.`];
  const remedy = certain
    ? `${described(certain.schedule)} is the cheapest that keeps the floor over all of it`
    : 'no schedule to choose from keeps the floor over all of it';
  return [`Over the interval of the forecast, ${interval}, the output falls to ${worst} at its worst; ${remedy}.`];
}

function dip({ chosen, met }: Choice, { floor }: PlanCriterion): readonly string[] {
  const [lowest] = chosen.above;
  if (!met || lowest >= floor) return [];
  return [`Some larger singular values come back to ${significant(lowest)}, a little below the floor.`];
}

function described(schedule: NsSchedule): string {
  return `${schedule.name} (${products(schedule)} products)`;
}
