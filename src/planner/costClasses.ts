/** Candidates of a shape in the order in which a plan takes them: by flops, then from the least intrusive remedy. */
import { remembered } from '../base/remembered.ts';
import { flops } from '../newtonSchulz/cost.ts';
import { type Remedy, remedyCost } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Candidate } from './judgements.ts';

/** Candidates that cost the same on a shape. */
export interface CostClass {
  readonly flops: number;
  readonly remedy: Remedy;
  /** By schedule, ascending. */
  readonly members: readonly Candidate[];
}

/** @param remedies from the least to the most intrusive */
export function createCostClasses(
  schedules: readonly NsSchedule[],
  remedies: readonly Remedy[],
): (shape: readonly [number, number]) => readonly CostClass[] {
  const known = new Map<string, readonly CostClass[]>();
  return remembered((shape) => {
    const found = known.get(`${shape}`) ?? costClasses(schedules, remedies, shape);
    known.set(`${shape}`, found);
    return found;
  });
}

function costClasses(
  schedules: readonly NsSchedule[],
  remedies: readonly Remedy[],
  shape: readonly [number, number],
): readonly CostClass[] {
  const plain = schedules.map((schedule) => flops(schedule, ...shape));
  const classes = remedies.flatMap((remedy, rank) => {
    const ofRemedy = new Map<number, { flops: number; remedy: Remedy; members: Candidate[] }>();
    for (const [index, schedule] of schedules.entries()) {
      const cost = plain[index]! + remedyCost(remedy, schedule, ...shape).flops;
      const found = ofRemedy.get(cost) ?? { flops: cost, remedy, members: [] };
      found.members.push({ index, remedy, id: rank * schedules.length + index });
      ofRemedy.set(cost, found);
    }
    return [...ofRemedy.values()];
  });
  return classes.sort((a, b) => a.flops - b.flops || remedies.indexOf(a.remedy) - remedies.indexOf(b.remedy));
}
