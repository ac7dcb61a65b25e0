/** What one product less and one more would give. */
import { flops, products } from '../newtonSchulz/cost.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import { remedyCost } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import { createJudge, type Judge, type Judgement } from './judge.ts';
import type { PlanAlternative, PlanAlternatives, PlanLayer } from './plan.ts';
import { intervalAround } from './planLayers.ts';

/**
 * The best schedules at the next smaller and the next larger number of products than a row has.
 *
 * Best is the highest floor met; then the output nearest to 1 at the singular value planned for. Published schedules
 * are made of three-product steps, some of two, so the next number is often two or three away.
 *
 * Where products are rounded, with the row's own remedy.
 *
 * @param schedules to choose from
 * @param rounded a judgement in exact arithmetic as it is for a row and its spectrum
 * @returns a function of the row; flops are of all its matrices
 */
export function createAlternatives(
  schedules: readonly NsSchedule[],
  rounded: (exact: Judgement, row: PlanLayer, spectrum: QuantileSpectrum | undefined) => Judgement,
): (row: PlanLayer, spectrum: QuantileSpectrum | undefined) => PlanAlternatives {
  const counts = schedules.map(products);
  const judges = new Map<number, readonly Judge[]>();
  const judgesOf = (count: number): readonly Judge[] => {
    const found = judges.get(count) ?? schedules.filter((_, i) => counts[i] === count).map(createJudge);
    judges.set(count, found);
    return found;
  };
  return (row, spectrum) => {
    const best = (count: number): PlanAlternative | null => {
      const [head, ...others] = judgesOf(count).map((judge) =>
        rounded(judge.at(intervalAround(row.plannedFor ?? row.sigma.value, row.sigma)), row, spectrum),
      );
      return head
        ? alternative(
            others.reduce((a, b) => (isBetter(b, a) ? b : a), head),
            row,
          )
        : null;
    };
    return {
      fewer: best(Math.max(...counts.filter((count) => count < row.products))),
      more: best(Math.min(...counts.filter((count) => count > row.products))),
    };
  };
}

function alternative(
  { schedule, remedy, output, reach }: Judgement,
  { shape, matrices = 1 }: PlanLayer,
): PlanAlternative {
  const cost = shape ? matrices * (flops(schedule, ...shape) + remedyCost(remedy, schedule, ...shape).flops) : 0;
  return { name: schedule.name, products: products(schedule), flops: cost, output: output.value, reach };
}

function isBetter(a: Judgement, b: Judgement): boolean {
  if (a.reach !== b.reach) return a.reach > b.reach;
  return Math.abs(1 - a.output.value) < Math.abs(1 - b.output.value);
}
