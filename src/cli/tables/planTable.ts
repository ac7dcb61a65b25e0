import { formatCount, formatShare, significant } from '../../base/numbers.ts';
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

/** What the plan costs against the baseline, in a sentence. */
export function planSummary(plan: Plan): string {
  const { target, baseline, saved, criterion, met } = plan;
  const size = `${formatCount(target.params)} parameters (width ${target.width}, ${target.layers} layers)`;
  const cost =
    saved >= 0
      ? `saves ${formatShare(saved)} of the Newton-Schulz flops of ${baseline.name} everywhere`
      : `costs ${formatShare(-saved)} more Newton-Schulz flops than ${baseline.name} everywhere, which does not reach the floor everywhere`;
  const precision = criterion.precision === 'float32' ? '' : ` in ${criterion.precision}`;
  const remedied = plan.layers.filter(({ remedy }) => remedy !== undefined).length;
  const remedies =
    remedied === 0 ? '' : `, with a remedy against rounding on ${remedied} of ${plan.layers.length} rows,`;
  const reach = `output at least ${criterion.floor} at q=${criterion.quantile}${precision}${remedies}`;
  return met
    ? `For ${size} the plan gives every layer ${reach} and ${cost}.`
    : `For ${size} no plan gives every layer ${reach}; the rows show the best there is.`;
}
