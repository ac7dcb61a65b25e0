/**
 * The cheapest schedule that meets a floor at one forecast, and the judgements that explain the pick.
 *
 * Where products are rounded, the cheapest schedule with the cheapest remedy. Candidates are judged in order of cost
 * and no further than the explanation needs: long schedules, whose compositions oscillate and are dear to bound, are
 * rarely looked at, and rounding only where exact arithmetic would do.
 */
import { flops } from '../newtonSchulz/cost.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import { type Remedy, remedyCost } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { createJudge, type Judge, type Judgement } from './judge.ts';
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

/** A schedule, by its index, under a remedy. */
interface Candidate {
  readonly index: number;
  readonly remedy: Remedy;
}

/** Candidates that cost the same on a shape. */
interface CostClass {
  readonly flops: number;
  readonly remedy: Remedy;
  /** By schedule, ascending. */
  readonly members: readonly Candidate[];
}

/** Judgements at one forecast. The reach in exact arithmetic bounds that of `rounded`, and costs far less. */
interface Judgements {
  schedule(candidate: Candidate): NsSchedule;
  reach(candidate: Candidate): number;
  /** In exact arithmetic at the forecast. */
  output(candidate: Candidate): number;
  /** At the low end of its interval, likewise. */
  outputAtLow(candidate: Candidate): number;
  exact(candidate: Candidate): Judgement;
  rounded(candidate: Candidate): Judgement;
}

/** Choices are kept by what they depend on: layers before the first measured depth share one. */
export function createChooser(
  schedules: readonly NsSchedule[],
  { rounded, explained = true }: ChooserOptions = {},
): Chooser {
  const judgeOf = remembered((index: number) => createJudge(schedules[index]!));
  const remedies = REMEDY_ORDER.filter((remedy) => (rounded?.remedies ?? ['none']).includes(remedy));
  const classesOf = rememberedAs(String, (shape: readonly [number, number]) => costClasses(schedules, remedies, shape));
  const choicesOf = remembered((_: QuantileSpectrum | null) =>
    remembered((_: ReadonlySet<string> | undefined) => new Map<string, Choice>()),
  );
  return {
    choose: (sigma, shape, floor, spectrum, among) => {
      const known = choicesOf(rounded ? spectrum : null)(among); // exact arithmetic does not depend on the spectrum
      const key = [sigma.low, sigma.value, sigma.high, ...shape, floor].join();
      const found = known.get(key);
      if (found) return found;
      const exact = exactJudgements(judgeOf, sigma);
      const judgements = rounded ? withRounding(exact, rounded.rounding, sigma, spectrum) : exact;
      const classes = among ? onlyAmong(among, classesOf(shape), schedules) : classesOf(shape);
      const choice = chooseCheapest(classes, judgements, floor, explained);
      known.set(key, choice);
      return choice;
    },
  };
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

function exactJudgements(judgeOf: (index: number) => Judge, sigma: Interval): Judgements {
  const at = remembered((index: number) => judgeOf(index).at(sigma));
  const exact = ({ index }: Candidate): Judgement => at(index);
  const reach = remembered((index: number) => judgeOf(index).reach(sigma.value));
  return {
    schedule: ({ index }) => judgeOf(index).schedule,
    reach: ({ index }) => reach(index),
    output: ({ index }) => judgeOf(index).output(sigma.value),
    outputAtLow: ({ index }) => judgeOf(index).output(sigma.low),
    exact,
    rounded: exact,
  };
}

function withRounding(
  judgements: Judgements,
  rounding: Rounding,
  sigma: Interval,
  spectrum: QuantileSpectrum,
): Judgements {
  const rounded = remembered((candidate: Candidate) =>
    rounding.judge(judgements.exact(candidate), sigma, candidate.remedy, spectrum),
  );
  return { ...judgements, rounded };
}

function chooseCheapest(
  classes: readonly CostClass[],
  judgements: Judgements,
  floor: number,
  explained: boolean,
): Choice {
  const meeting = ({ members }: CostClass): readonly Judgement[] =>
    members
      .filter((candidate) => judgements.reach(candidate) >= floor)
      .map(judgements.rounded)
      .filter(({ reach }) => reach >= floor);
  const rank = classes.findIndex((cost) => meeting(cost).length > 0);
  if (rank === -1) return chooseClosest(classes, judgements);
  const chosen = first(meeting(classes[rank]!), preference);
  if (!explained) return { chosen, met: true, nextBest: null, turnedDown: null, certain: null };
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
    chosen,
    met: true,
    ...cheaperOnes(cheaper, judgements, floor),
    certain: certainClass ? first(certain(certainClass), preference) : null,
    ...(chosen.remedy === 'none' ? {} : { without: withoutRemedy(classes, judgements, chosen, floor) }),
  };
}

/** The highest reach; the cheapest of equals. */
function chooseClosest(classes: readonly CostClass[], judgements: Judgements): Choice {
  const plain = classes.filter(({ remedy }) => remedy === 'none');
  const [alone, best] = [highestReach(plain, judgements), highestReach(classes, judgements)];
  const usable = alone !== null && alone.reach >= best!.reach - MODEL_ERROR ? plain : classes;
  const { reach: highest } = highestReach(usable, judgements)!;
  const closest = usable
    .map(({ members }) => members.filter((candidate) => judgements.reach(candidate) >= highest))
    .map((members) => members.map(judgements.rounded).filter(({ reach }) => reach === highest))
    .find((found) => found.length > 0)!;
  const chosen = first(closest, preference);
  return {
    chosen,
    met: false,
    nextBest: null,
    turnedDown: null,
    certain: null,
    ...(chosen.remedy === 'none' ? {} : { without: withoutRemedy(classes, judgements, chosen, 1) }),
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
  let best: Judgement | null = null;
  const left = classes.flatMap(({ members }) => members);
  while (left.length > 0) {
    const most = left.reduce((a, b) => (judgements.reach(b) > judgements.reach(a) ? b : a));
    if (best !== null && judgements.reach(most) <= best.reach) break;
    const judgement = judgements.rounded(most);
    if (best === null || judgement.reach > best.reach) best = judgement;
    left.splice(left.indexOf(most), 1);
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

/** By flops, then by the order of remedies. */
function costClasses(
  schedules: readonly NsSchedule[],
  remedies: readonly Remedy[],
  shape: readonly [number, number],
): readonly CostClass[] {
  const classes = new Map<string, CostClass & { readonly members: Candidate[] }>();
  for (const remedy of remedies)
    for (const [index, schedule] of schedules.entries()) {
      const cost = flops(schedule, ...shape) + remedyCost(remedy, schedule, ...shape).flops;
      const key = `${cost} ${remedy}`;
      const found = classes.get(key) ?? { flops: cost, remedy, members: [] };
      found.members.push({ index, remedy });
      classes.set(key, found);
    }
  const rank = ({ remedy }: CostClass): number => REMEDY_ORDER.indexOf(remedy);
  return [...classes.values()].sort((a, b) => a.flops - b.flops || rank(a) - rank(b));
}

/** Negative if `a` is the better of two equally cheap candidates. */
function preference(a: Judgement, b: Judgement): number {
  const worst = (j: Judgement): number => Math.min(1, j.worst);
  const distance = (j: Judgement): number => Math.max(1 - j.above[0], j.above[1] - 1);
  return worst(b) - worst(a) || distance(a) - distance(b);
}

function first<T>(items: readonly T[], order: (a: T, b: T) => number): T {
  return items.reduce((best, item) => (order(item, best) < 0 ? item : best));
}

function remembered<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    let found = known.get(key);
    if (found === undefined) {
      found = compute(key);
      known.set(key, found);
    }
    return found;
  };
}

/** {@link remembered} by a text that says all that matters of the key. */
function rememberedAs<K, V>(text: (key: K) => string, compute: (key: K) => V): (key: K) => V {
  const known = new Map<string, V>();
  return (key) => {
    const found = known.get(text(key)) ?? compute(key);
    known.set(text(key), found);
    return found;
  };
}
