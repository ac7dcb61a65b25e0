/** What one product less and one more would give. */
import { products } from '../newtonSchulz/cost.ts';
import type { Judgement } from './judge.ts';
import type { PlanAlternative, PlanAlternatives } from './plan.ts';

/**
 * The best schedules at the next smaller and the next larger number of products than `chosen` has.
 *
 * Best is the highest floor met; then the output nearest to 1 at the singular value planned for. Published schedules
 * are made of three-product steps, some of two, so the next number is often two or three away.
 *
 * @param cost flops of all matrices of the row
 */
export function alternatives(
  chosen: Judgement,
  judgements: readonly Judgement[],
  cost: (judgement: Judgement) => number,
): PlanAlternatives {
  const own = products(chosen.schedule);
  const counts = judgements.map(({ schedule }) => products(schedule));
  const best = (count: number): PlanAlternative | null => {
    const same = judgements.filter((_, i) => counts[i] === count);
    if (same.length === 0) return null;
    const judgement = same.reduce((a, b) => (isBetter(b, a) ? b : a));
    const { schedule, output, reach } = judgement;
    return { name: schedule.name, products: count, flops: cost(judgement), output: output.value, reach };
  };
  return {
    fewer: best(Math.max(...counts.filter((count) => count < own))),
    more: best(Math.min(...counts.filter((count) => count > own))),
  };
}

function isBetter(a: Judgement, b: Judgement): boolean {
  if (a.reach !== b.reach) return a.reach > b.reach;
  return Math.abs(1 - a.output.value) < Math.abs(1 - b.output.value);
}
