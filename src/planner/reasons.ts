/** Why a schedule was chosen, in sentences a user understands. */
import { formatShare, significant } from '../base/numbers.ts';
import { flops, products } from '../newtonSchulz/cost.ts';
import { remedyCost } from '../newtonSchulz/remedy.ts';
import { output } from '../newtonSchulz/response.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { DIP_TOLERANCE, type Judgement, largestInput, MAX_OUTPUT } from './judge.ts';
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
  /** Where `chosen` has a remedy: what there would be without it. */
  readonly without?: {
    /** The same schedule without a remedy; null if it may not run without. */
    readonly same: Judgement | null;
    /** The one without a remedy that comes closest. */
    readonly best: Judgement | null;
    /** The cheapest without a remedy that meets the floor. */
    readonly dearer: Judgement | null;
    /** The same schedule under the other remedies. */
    readonly others: readonly Judgement[];
  };
}

/** Differences between rounded and exact outputs below this are not worth a sentence. */
const VISIBLE = 0.005;

/**
 * One sentence each: the pick, what rounding does, what is cheaper, the interval, the dip; those that apply.
 *
 * @param plannedFor the singular value the choice was made for: the forecast, or the low end at the criterion's confidence
 * @param shape of one matrix, for the flops of remedies
 */
export function reasonsFor(
  choice: Choice,
  criterion: PlanCriterion,
  sigma: Interval,
  plannedFor: number,
  shape: readonly [number, number],
): readonly string[] {
  return [
    whyThis(choice, criterion, plannedFor),
    ...whatRoundingDoes(choice, criterion, plannedFor),
    ...otherRemedies(choice, shape),
    ...whyNotCheaper(choice, criterion),
    ...(criterion.confidence === undefined ? atTheInterval(choice, criterion, sigma) : []),
    ...dip(choice, criterion),
  ];
}

function whyThis({ chosen, met }: Choice, criterion: PlanCriterion, sigma: number): string {
  const { floor, quantile, confidence, precision } = criterion;
  const end = confidence === undefined ? '' : `low end (${formatShare(confidence)} confidence) of the `;
  const at = `the ${end}forecast q = ${quantile} singular value ${significant(sigma)}`;
  const brings = `brings ${at} to ${significant(chosen.output.value)}${precision === 'float32' ? '' : ` in ${precision}`}`;
  const picked = withRemedy(chosen);
  if (met) return `${picked} ${brings}; it is the cheapest that reaches the floor ${floor}.`;
  const none = precision === 'float32' ? 'No schedule meets' : `No schedule and remedy to choose from meets`;
  return `${none} the floor ${floor}; the closest, ${picked}, ${brings}.`;
}

const REMEDY_WORDS: Readonly<Record<Exclude<Judgement['remedy'], 'none'>, string>> = {
  'float32 first step': 'a float32 first step',
  'float32 iterate': 'a float32 iterate (X kept in float32, rounded only inside products)',
  deflation: 'deflation of the top direction',
  'tight entry': 'a tighter entry normalisation',
};

function whatRoundingDoes(
  { chosen, without }: Choice,
  { precision, floor }: PlanCriterion,
  plannedFor: number,
): readonly string[] {
  if (precision === 'float32') return [];
  if (without) {
    const { same, best, dearer } = without;
    return [
      ...(same
        ? [`In ${precision} alone it gives ${significant(same.output.value)}: ${limitOf(same, precision)}.`]
        : []),
      ...(dearer
        ? [`In ${precision} alone the cheapest that reaches the floor is ${described(dearer.schedule)}.`]
        : best
          ? [
              `In ${precision} alone no number of steps of any schedule reaches the floor ${floor}; the best, ` +
                `${described(best.schedule)}, reaches ${significant(best.reach)}.`,
            ]
          : []),
    ];
  }
  const exact = output(plannedFor, chosen.schedule);
  if (exact - chosen.output.value < VISIBLE) return [];
  return [`In exact arithmetic it would give ${significant(exact)}; ${limitOf(chosen, precision)}.`];
}

function limitOf({ limit }: Judgement, precision: NsPrecision): string {
  return `rounding to ${precision} leaves ${significant(limit)} of this direction, however many steps follow`;
}

function otherRemedies({ without, chosen: { schedule } }: Choice, shape: readonly [number, number]): readonly string[] {
  if (!without || without.others.length === 0) return [];
  const weighed = without.others.map(({ remedy, output: { value } }) => {
    if (remedy === 'none') return '';
    const cost = remedyCost(remedy, schedule, ...shape);
    const total = flops(schedule, ...shape);
    const price =
      cost.flops > 0
        ? `for ${formatShare(cost.flops / total, 2)} more flops`
        : cost.float32Flops > 0
          ? `with ${formatShare(cost.float32Flops / total, 2)} of the flops at the float32 rate`
          : remedy === 'float32 iterate'
            ? 'for 4 bytes an entry of X instead of its own'
            : 'at no cost';
    return `${REMEDY_WORDS[remedy]} gives ${significant(value)} ${price}`;
  });
  return [`With the same schedule ${weighed.join('; ')}.`];
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
function fault({ schedule, highest, above }: Judgement, floor: number): string {
  const largest = largestInput(schedule.precision);
  const others = largest > 1 ? `singular values that rounding carries up to ${largest}` : 'other singular values';
  if (highest > MAX_OUTPUT) return `brings ${others} to ${significant(highest)}, above the bound ${MAX_OUTPUT}`;
  return `lets larger singular values fall to ${significant(above[0])}, below ${significant((1 - DIP_TOLERANCE) * floor)}`;
}

function atTheInterval({ chosen, met, certain }: Choice, { floor }: PlanCriterion, sigma: Interval): readonly string[] {
  if (!met || sigma.low === sigma.high) return [];
  const interval = `${significant(sigma.low)} to ${significant(sigma.high)}`;
  const worst = significant(chosen.output.low);
  if (chosen.output.low >= floor)
    return [`Over the interval of the forecast, ${interval}, the output stays at or above ${worst}.`];
  const remedy = certain
    ? `${withRemedy(certain)} is the cheapest that keeps the floor over all of it`
    : 'no schedule to choose from keeps the floor over all of it';
  return [`Over the interval of the forecast, ${interval}, the output falls to ${worst} at its worst; ${remedy}.`];
}

function dip({ chosen, met }: Choice, { floor }: PlanCriterion): readonly string[] {
  const [lowest] = chosen.above;
  if (!met || lowest >= floor) return [];
  return [`Some larger singular values come back to ${significant(lowest)}, a little below the floor.`];
}

function withRemedy({ schedule, remedy }: Judgement): string {
  return remedy === 'none' ? described(schedule) : `${described(schedule)} with ${REMEDY_WORDS[remedy]}`;
}

function described(schedule: NsSchedule): string {
  return `${schedule.name} (${products(schedule)} products)`;
}
