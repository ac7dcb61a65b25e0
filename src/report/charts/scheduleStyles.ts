/** Which colour and dash a schedule has, the same in every chart of a report. */
import type { Plan } from '../../planner/plan.ts';
import { BASELINE, CATEGORY_INKS, type Ink } from '../palette.ts';
import type { ResponseCurve } from '../reportData.ts';
import type { LineMark } from './chartSpec.ts';

export interface ScheduleStyle {
  readonly name: string;
  readonly ink: Ink;
  readonly mark: LineMark;
}

/**
 * Schedules in order of products, the baseline last.
 *
 * The baseline is grey and dashed, planned or not. More schedules than colours repeat the colours with dots.
 */
export function scheduleStyles(plan: Plan, curves: readonly ResponseCurve[]): ScheduleStyle[] {
  const names = [...curves]
    .sort((a, b) => a.products - b.products)
    .map((curve) => curve.name)
    .filter((name) => name !== plan.baseline.name);
  const styles = names.map(
    (name, i): ScheduleStyle => ({
      name,
      ink: CATEGORY_INKS[i % CATEGORY_INKS.length]!,
      mark: i < CATEGORY_INKS.length ? 'line' : 'dotted',
    }),
  );
  return [...styles, { name: plan.baseline.name, ink: BASELINE, mark: 'dashed' }];
}
