import { significant } from '../../base/numbers.ts';
import type { Plan } from '../../planner/plan.ts';
import { scheduleLabel } from '../../report/wording.ts';
import { formatTable } from '../terminal.ts';

/** A narrower terminal has no room for the interval. */
const FULL_WIDTH = 88;

/** What the columns of {@link planTable} are, in one line. */
export function planLegend({ criterion }: Plan): string {
  return `sigma: forecast singular value at q=${criterion.quantile}; output: what Newton-Schulz makes of it, and of the low end of its interval; products: matrix products`;
}

/** The plan, one role and depth a line. */
export function planTable({ layers }: Plan, width?: number): string {
  const full = width === undefined || width >= FULL_WIDTH;
  return formatTable(
    [
      { title: 'role', align: 'left' },
      { title: 'depth', align: 'right' },
      { title: 'sigma', align: 'right' },
      ...(full ? [{ title: '95 % interval', align: 'right' } as const] : []),
      { title: 'schedule', align: 'left' },
      { title: 'output', align: 'right' },
      { title: 'low end', align: 'right' },
      { title: 'products', align: 'right' },
    ],
    layers.map(({ role, depth, sigma, output, products, ...row }) => [
      role,
      significant(depth, 3),
      significant(sigma.value, 3),
      ...(full ? [`${significant(sigma.low, 2)} to ${significant(sigma.high, 2)}`] : []),
      scheduleLabel(row),
      output.value.toFixed(2),
      output.low.toFixed(2),
      String(products),
    ]),
    { width },
  );
}
