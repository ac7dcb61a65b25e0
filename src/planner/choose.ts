/**
 * The cheapest schedule that meets a floor at one forecast, and the judgements that explain the pick.
 *
 * Where products are rounded, the cheapest schedule with the cheapest remedy. Candidates are judged in order of cost
 * and no further than the explanation needs: long schedules, whose compositions oscillate and are dear to bound, are
 * rarely looked at, and rounding only where exact arithmetic would do.
 */
import { remembered } from '../base/remembered.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { type CostClass, createCostClasses } from './costClasses.ts';
import type { Judgement } from './judge.ts';
import { type Candidate, createJudgements, type Judgements } from './judgements.ts';
import type { Choice } from './reasons.ts';
import type { Rounding } from './rounding.ts';

/** Picks for one forecast after another. */
export interface Chooser {
  /**
   * Among equally cheap candidates that meet the floor: the larger worst output from the low end of the interval up to
   * 1, counted up to 1; then the smaller distance from 1 at and above the forecast; then the order of the schedules.
   * Where none meets it, the one that comes closest; with a remedy only if that is closer by {@link MODEL_ERROR}.
   *
   * @param sigma its `value` must meet the floor
   * @param spectrum of the row; used where products are rounded
   * @param among names of the schedules to choose from, at least one of them known; all if left out
   */
  choose(
    sigma: Interval,
    shape: readonly [number, number],
    floor: number,
    spectrum: QuantileSpectrum,
    among?: ReadonlySet<string>,
  ): Choice;
}

/** How a chooser judges. */
export interface ChooserOptions {
  /** How products are rounded and what may be done about it; exact arithmetic if left out. */
  readonly rounded?: { readonly rounding: Rounding; readonly remedies: readonly Remedy[] } | undefined;
  /** Whether what explains the pick is judged too, which takes most of the time. */
  readonly explained?: boolean;
}

/**
 * Remedies from the least to the most intrusive; of two equally many flops the earlier is taken. A tighter entry costs
 * nothing; a float32 iterate memory traffic; a float32 first step products at the float32 rate; deflation flops.
 */
const REMEDY_ORDER: readonly Remedy[] = ['none', 'tight entry', 'float32 iterate', 'float32 first step', 'deflation'];

/** The error of the mean that precisionModel states; differences below it are no reason to change how code runs. */
const MODEL_ERROR = 0.02;

/** Choices are kept by what they depend on: layers before the first measured depth share one. */
export function createChooser(
  schedules: readonly NsSchedule[],
  { rounded, explained = true }: ChooserOptions = {},
): Chooser {
  const judgements = createJudgements(schedules, rounded?.rounding ?? null);
  const remedies = REMEDY_ORDER.filter((remedy) => (rounded?.remedies ?? ['none']).includes(remedy));
  const classesOf = createCostClasses(schedules, remedies);
  const missesOf = remembered((classes: readonly CostClass[]) =>
    remembered((_: number) => Float64Array.from(classes, ({ members }) => judgements.missesBelow(members))),
  );
  const choicesOf = remembered((_: QuantileSpectrum | null) =>
    remembered((_: ReadonlySet<string> | undefined) => remembered((_: number): KnownChoice[] => [])),
  );
  return {
    choose: (sigma, shape, floor, spectrum, among) => {
      // exact arithmetic does not depend on the spectrum
      const known = choicesOf(rounded ? spectrum : null)(among)(sigma.value);
      const found = known.find((one) => isSameQuestion(one, sigma, shape, floor));
      if (found) return found.choice;
      judgements.begin({ sigma, floor, spectrum });
      const all = classesOf(shape);
      const classes = among ? onlyAmong(among, all, schedules) : all;
      const from = among ? 0 : firstHopeful(missesOf(all)(floor), sigma.value);
      const choice = chooseCheapest(classes, from, judgements, floor, explained);
      known.push({ sigma, shape, floor, choice });
      return choice;
    },
  };
}

/** The first class of which one may meet the floor. @param misses of each class, what it misses below */
function firstHopeful(misses: Float64Array, sigma: number): number {
  let rank = 0;
  while (rank < misses.length && sigma < misses[rank]!) rank++;
  return rank;
}

/** A choice, and what it was asked for. */
interface KnownChoice {
  readonly sigma: Interval;
  readonly shape: readonly [number, number];
  readonly floor: number;
  readonly choice: Choice;
}

function isSameQuestion(
  known: KnownChoice,
  { low, value, high }: Interval,
  [rows, columns]: readonly [number, number],
  floor: number,
): boolean {
  const { sigma, shape } = known;
  if (sigma.low !== low || sigma.value !== value || sigma.high !== high) return false;
  return shape[0] === rows && shape[1] === columns && known.floor === floor;
}

function onlyAmong(
  names: ReadonlySet<string>,
  classes: readonly CostClass[],
  schedules: readonly NsSchedule[],
): readonly CostClass[] {
  return classes
    .map((cost) => ({ ...cost, members: cost.members.filter(({ index }) => names.has(schedules[index]!.name)) }))
    .filter(({ members }) => members.length > 0);
}

/** @param from the classes before this one miss the floor */
function chooseCheapest(
  classes: readonly CostClass[],
  from: number,
  judgements: Judgements,
  floor: number,
  explained: boolean,
): Choice {
  for (let rank = from; rank < classes.length; rank++) {
    const chosen = preferredMeeting(classes[rank]!.members, judgements, floor);
    if (chosen === null) continue;
    const others = explained ? whatElse(classes, rank, judgements, chosen, floor) : NOTHING_ELSE;
    return { chosen, met: true, ...others };
  }
  return chooseClosest(classes, judgements, explained);
}

const NOTHING_ELSE = { nextBest: null, turnedDown: null, certain: null } as const;

/** What explains the pick from the class of this rank. */
function whatElse(
  classes: readonly CostClass[],
  rank: number,
  judgements: Judgements,
  chosen: Judgement,
  floor: number,
): Omit<Choice, 'chosen' | 'met'> {
  const isCertain = ({ reach, output }: Judgement): boolean => reach >= floor && output.low >= floor;
  const certain = ({ members }: CostClass): readonly Judgement[] =>
    members
      .filter((candidate) => judgements.reach(candidate) >= floor && judgements.outputAtLow(candidate) >= floor)
      .filter((candidate) => isCertain(judgements.exact(candidate)))
      .map(judgements.rounded)
      .filter(isCertain);
  const certainClass = classes.slice(rank).find((cost) => certain(cost).length > 0);
  const cheaper = classes.slice(0, rank).filter(({ remedy }) => remedy === chosen.remedy);
  return {
    ...cheaperOnes(cheaper, judgements, floor),
    certain: certainClass ? first(certain(certainClass), preference) : null,
    ...(chosen.remedy === 'none' ? {} : { without: withoutRemedy(classes, judgements, chosen, floor) }),
  };
}

/**
 * The best of those that meet the floor.
 *
 * No rounded output is better than the exact one, so the best in exact arithmetic come first and most others need no look.
 */
function preferredMeeting(members: readonly Candidate[], judgements: Judgements, floor: number): Judgement | null {
  const hopeful = members.filter(judgements.mayMeet);
  if (hopeful.length === 0) return null;
  if (hopeful.length === 1) return onlyMeeting(hopeful[0]!, judgements, floor);
  const bound = (candidate: Candidate): number => Math.min(1, judgements.exact(candidate).above[0]);
  const isRanked = hopeful.length === 2 && bound(hopeful[0]!) >= bound(hopeful[1]!);
  const ranked = isRanked ? hopeful : hopeful.sort((a, b) => bound(b) - bound(a));
  const meeting: { readonly id: number; readonly judgement: Judgement }[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const candidate of ranked) {
    if (meeting.length > 0 && bound(candidate) < least) break;
    if (!judgements.mayMeetRounded(candidate, least)) continue;
    const judgement = judgements.rounded(candidate);
    if (judgement.reach < floor) continue;
    meeting.push({ id: candidate.id, judgement });
    least = Math.max(least, worst(judgement));
  }
  if (meeting.length === 0) return null;
  return first(meeting, (a, b) => preference(a.judgement, b.judgement) || a.id - b.id).judgement;
}

function onlyMeeting(candidate: Candidate, judgements: Judgements, floor: number): Judgement | null {
  if (!judgements.mayMeetRounded(candidate, Number.NEGATIVE_INFINITY)) return null;
  const judgement = judgements.rounded(candidate);
  return judgement.reach >= floor ? judgement : null;
}

/** The highest reach; the cheapest of equals. */
function chooseClosest(classes: readonly CostClass[], judgements: Judgements, explained: boolean): Choice {
  const plain = classes.filter(({ remedy }) => remedy === 'none');
  const [alone, best] = [highestReach(plain, judgements), highestReach(classes, judgements)];
  const usable = alone !== null && alone.reach >= best!.reach - MODEL_ERROR ? plain : classes;
  const { reach: highest } = highestReach(usable, judgements)!;
  let closest: readonly Judgement[] = [];
  usable.some(({ members }) => {
    const near = members.filter((candidate) => judgements.mayReach(candidate, highest));
    closest = near.map(judgements.rounded).filter(({ reach }) => reach === highest);
    return closest.length > 0;
  });
  const chosen = first(closest, preference);
  return {
    chosen,
    met: false,
    ...NOTHING_ELSE,
    ...(chosen.remedy === 'none' || !explained ? {} : { without: withoutRemedy(classes, judgements, chosen, 1) }),
  };
}

/** What the schedule of `chosen` gives without a remedy and with the others, and whether another would do without. */
function withoutRemedy(
  classes: readonly CostClass[],
  judgements: Judgements,
  { schedule, remedy }: Judgement,
  floor: number,
): NonNullable<Choice['without']> {
  const plain = classes.filter((cost) => cost.remedy === 'none');
  const candidates = classes.flatMap(({ members }) => members);
  const same = candidates.filter((candidate) => judgements.schedule(candidate) === schedule);
  const meets = (candidate: Candidate): boolean =>
    judgements.reach(candidate) >= floor && judgements.rounded(candidate).reach >= floor;
  const dearer = plain.flatMap(({ members }) => members).find(meets);
  const alone = same.find((candidate) => candidate.remedy === 'none');
  return {
    same: alone ? judgements.rounded(alone) : null,
    best: highestReach(plain, judgements),
    dearer: dearer ? judgements.rounded(dearer) : null,
    others: same
      .filter((candidate) => candidate.remedy !== 'none' && candidate.remedy !== remedy)
      .map(judgements.rounded),
  };
}

/** The judgement with the highest reach, in the order of `classes` among equals; rounds only what could still be better. */
function highestReach(classes: readonly CostClass[], judgements: Judgements): Judgement | null {
  const candidates = classes.flatMap(({ members }) => members);
  if (candidates.length === 0) return null;
  const first = candidates.reduce((a, b) => (judgements.reach(b) > judgements.reach(a) ? b : a));
  let best = judgements.rounded(first);
  const others = candidates.filter((candidate) => candidate !== first && judgements.reach(candidate) > best.reach);
  others.sort((a, b) => judgements.reach(b) - judgements.reach(a));
  for (const candidate of others) {
    if (judgements.reach(candidate) <= best.reach) break;
    if (!judgements.mayReach(candidate, best.reach)) continue;
    const judgement = judgements.rounded(candidate);
    if (judgement.reach > best.reach) best = judgement;
  }
  return best;
}

/** The cheaper ones worth a word: the best, and the dearest whose output at the forecast is high enough but not elsewhere. */
function cheaperOnes(
  classes: readonly CostClass[],
  judgements: Judgements,
  floor: number,
): Pick<Choice, 'nextBest' | 'turnedDown'> {
  const dearestFirst = [...classes].reverse();
  const faulty = dearestFirst
    .map(({ members }) =>
      members
        .filter((candidate) => judgements.output(candidate) >= floor)
        .map(judgements.rounded)
        .filter(({ output, reach }) => output.value >= floor && reach < floor),
    )
    .find((found) => found.length > 0);
  return {
    nextBest: highestReach(dearestFirst, judgements),
    turnedDown: faulty ? first(faulty, (a, b) => b.output.value - a.output.value) : null,
  };
}

/** Negative if `a` is the better of two equally cheap candidates. */
function preference(a: Judgement, b: Judgement): number {
  const distance = (j: Judgement): number => Math.max(1 - j.above[0], j.above[1] - 1);
  return worst(b) - worst(a) || distance(a) - distance(b);
}

function worst(judgement: Judgement): number {
  return Math.min(1, judgement.worst);
}

function first<T>(items: readonly T[], order: (a: T, b: T) => number): T {
  return items.reduce((best, item) => (order(item, best) < 0 ? item : best));
}
