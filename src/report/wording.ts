/** Numbers and counts as they read in a sentence. */

import { significant } from '../base/numbers.ts';
import type { PlanLayer } from '../planner/plan.ts';
import type { Interval } from '../scaling/law.ts';

/** (1, "run") -> "1 run"; (3, "run") -> "3 runs". */
export function count(value: number, noun: string, plural: string = `${noun}s`): string {
  return `${value} ${value === 1 ? noun : plural}`;
}

/** "0.57 [0.51, 0.63]"; with a true minus sign and two decimals. */
export function intervalText({ value, low, high }: Interval): string {
  return `${decimals(value)} [${decimals(low)}, ${decimals(high)}]`;
}

/** "1.50e−3 [1.00e−3, 2.00e−3]": every number in exponent form, so that rows compare at a glance. */
export function sigmaText({ value, low, high }: Interval): string {
  const text = (sigma: number): string => {
    if (sigma === 0 || !Number.isFinite(sigma)) return number(sigma);
    return sigma.toExponential(2).replace('e-', 'e−').replace('e+', 'e');
  };
  return `${text(value)} [${text(low)}, ${text(high)}]`;
}

/** Three significant digits; a dash for what is not a number. */
export function number(value: number | null, digits = 3): string {
  return value === null || !Number.isFinite(value)
    ? '–'
    : significant(value, digits).replace('-', '−').replace('e-', 'e−');
}

/** Two decimals with a true minus sign; a dash for what is not a number. */
export function decimals(value: number | null, digits = 2): string {
  return value === null || !Number.isFinite(value) ? '–' : value.toFixed(digits).replace('-', '−');
}

/** Whole percent from 10 % on, one decimal below: 0.234 -> "23 %", 0.021 -> "2.1 %". */
export function percent(share: number): string {
  const value = 100 * share;
  return `${decimals(value, Math.abs(value) >= 9.95 || value === 0 ? 0 : 1)} %`;
}

/** ["a", "b", "c"] -> "a, b and c". */
export function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** What a matrix runs, in a cell: "jordan x8 + float32 iterate". */
export function scheduleLabel({ schedule, remedy }: Pick<PlanLayer, 'schedule' | 'remedy'>): string {
  return remedy === undefined ? schedule.name : `${schedule.name} + ${remedy.name}`;
}
