/** Schedules whose response can be laid over a spectrum: those of the catalogue, and what the study's plan chose. */
import { CATALOGUE, scheduleOf } from '../../../../src/newtonSchulz/catalogue.ts';
import type { NsSchedule } from '../../../../src/newtonSchulz/schedule.ts';
import type { Plan } from '../../../../src/planner/plan.ts';

/** Names with their usual steps, e.g. "jordan x5". */
export const CATALOGUE_CHOICES: readonly string[] = CATALOGUE.map(({ name, usualSteps }) => `${name} x${usualSteps}`);

/**
 * What a plan runs on a matrix: the row of its role nearest in depth.
 *
 * @returns null if the plan has no row of the role
 */
export function plannedSchedule(plan: Plan, role: string, depth: number): NsSchedule | null {
  const rows = plan.layers.filter((row) => row.role === role);
  const [nearest] = [...rows].sort((a, b) => Math.abs(a.depth - depth) - Math.abs(b.depth - depth));
  return nearest === undefined ? null : { ...nearest.schedule, source: 'plan.json' };
}

/** @param choice one of {@link CATALOGUE_CHOICES} @returns null if it is none */
export function catalogueSchedule(choice: string): NsSchedule | null {
  const entry = CATALOGUE.find(({ name, usualSteps }) => choice === `${name} x${usualSteps}`);
  return entry === undefined ? null : scheduleOf(entry.name);
}
