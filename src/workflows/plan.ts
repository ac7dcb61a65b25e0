/** A plan from published or own laws. */

import type { Plan } from '../planner/plan.ts';
import { type PlanOptions, planFromLaws } from '../planner/planFromLaws.ts';
import { savedLaws } from './laws.ts';

/**
 * @param source "published" or a study folder
 * @throws StudyError if the study has no laws
 * @throws UsageError if the laws cannot carry the plan asked for
 */
export function planTarget(source: string, options: PlanOptions): Plan {
  return planFromLaws(savedLaws(source), options);
}
