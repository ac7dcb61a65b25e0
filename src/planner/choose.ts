/**
 * The cheapest schedule that meets a floor at one forecast, and the judgements that explain the pick.
 *
 * Schedules are judged in order of cost and no further than the explanation needs: long ones, whose compositions
 * oscillate and are dear to bound, are rarely looked at.
 */
import { flops } from '../newtonSchulz/cost.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { createJudge, type Judgement } from './judge.ts';
import type { Choice } from './reasons.ts';

/** Picks for one forecast after another. */
export interface Chooser {
  /**
   * Among equally cheap schedules that meet the floor: the larger worst output from the low end of the interval up to
   * 1, counted up to 1; then the smaller distance from 1 at and above the forecast; then the order of the schedules.
   * Where none meets it, the one that comes closest.
   *
   * @param sigma its `value` must meet the floor
   */
  choose(sigma: Interval, shape: readonly [number, number], floor: number): Choice;
  /** All schedules at one forecast, in their order. */
  judgeAll(sigma: Interval): readonly Judgement[];
}

/** Schedules that cost the same on a shape. */
interface CostClass {
  readonly flops: number;
  /** Indices into the schedules, ascending. */
  readonly members: readonly number[];
}

/** Judgements are kept by forecast: layers before the first measured depth share one. */
export function createChooser(schedules: readonly NsSchedule[]): Chooser {
  const judges = schedules.map(createJudge);
  const classesOf = remembered((shape: readonly [number, number]) => costClasses(schedules, shape));
  const judgedAt = remembered((sigma: Interval) => {
    const known: (Judgement | undefined)[] = [];
    return (index: number): Judgement => {
      const judgement = known[index] ?? judges[index]!(sigma);
      known[index] = judgement;
      return judgement;
    };
  });
  return {
    choose: (sigma, shape, floor) => chooseCheapest(classesOf(shape), judgedAt(sigma), floor),
    judgeAll: (sigma) => schedules.map((_, index) => judgedAt(sigma)(index)),
  };
}

function chooseCheapest(classes: readonly CostClass[], judged: (index: number) => Judgement, floor: number): Choice {
  const judgementsOf = ({ members }: CostClass): readonly Judgement[] => members.map(judged);
  const meeting = (cost: CostClass): readonly Judgement[] => judgementsOf(cost).filter(({ reach }) => reach >= floor);
  const rank = classes.findIndex((cost) => meeting(cost).length > 0);
  if (rank === -1) return chooseClosest(classes, judgementsOf);
  const chosen = first(meeting(classes[rank]!), preference);
  const certain = (cost: CostClass): readonly Judgement[] => meeting(cost).filter(({ output }) => output.low >= floor);
  const certainClass = classes.slice(rank).find((cost) => certain(cost).length > 0);
  return {
    chosen,
    met: true,
    ...cheaperOnes(classes.slice(0, rank), judgementsOf, floor),
    certain: certainClass ? first(certain(certainClass), preference) : null,
  };
}

/** The highest reach; the cheapest of equals. */
function chooseClosest(classes: readonly CostClass[], judgementsOf: (cost: CostClass) => readonly Judgement[]): Choice {
  const all = classes.flatMap(judgementsOf);
  const best = Math.max(...all.map(({ reach }) => reach));
  const rank = classes.findIndex((cost) => judgementsOf(cost).some(({ reach }) => reach === best));
  const closest = judgementsOf(classes[rank]!).filter(({ reach }) => reach === best);
  return { chosen: first(closest, preference), met: false, nextBest: null, turnedDown: null, certain: null };
}

/** The cheaper ones worth a word: the best, and the dearest whose output at the forecast is high enough but not elsewhere. */
function cheaperOnes(
  classes: readonly CostClass[],
  judgementsOf: (cost: CostClass) => readonly Judgement[],
  floor: number,
): Pick<Choice, 'nextBest' | 'turnedDown'> {
  const dearestFirst = [...classes].reverse().flatMap(judgementsOf);
  const faulty = [...classes]
    .reverse()
    .map((cost) => judgementsOf(cost).filter(({ output, reach }) => output.value >= floor && reach < floor))
    .find((found) => found.length > 0);
  return {
    nextBest: dearestFirst.length === 0 ? null : first(dearestFirst, (a, b) => b.reach - a.reach),
    turnedDown: faulty ? first(faulty, (a, b) => b.output.value - a.output.value) : null,
  };
}

function costClasses(schedules: readonly NsSchedule[], shape: readonly [number, number]): readonly CostClass[] {
  const classes = new Map<number, number[]>();
  for (const [index, schedule] of schedules.entries()) {
    const cost = flops(schedule, ...shape);
    const members = classes.get(cost);
    if (members) members.push(index);
    else classes.set(cost, [index]);
  }
  return [...classes].map(([cost, members]) => ({ flops: cost, members })).sort((a, b) => a.flops - b.flops);
}

/** Negative if `a` is the better of two equally cheap schedules. */
function preference(a: Judgement, b: Judgement): number {
  const worst = (j: Judgement): number => Math.min(1, j.worst);
  const distance = (j: Judgement): number => Math.max(1 - j.above[0], j.above[1] - 1);
  return worst(b) - worst(a) || distance(a) - distance(b);
}

function first<T>(items: readonly T[], order: (a: T, b: T) => number): T {
  return items.reduce((best, item) => (order(item, best) < 0 ? item : best));
}

function remembered<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<string, V>();
  return (key) => {
    const text = JSON.stringify(key);
    const found = known.get(text) ?? compute(key);
    known.set(text, found);
    return found;
  };
}
