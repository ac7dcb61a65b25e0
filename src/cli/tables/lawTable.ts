import { significant } from '../../base/numbers.ts';
import type { Law, LawsDocument, PooledLaw } from '../../scaling/law.ts';
import { formatTable } from '../terminal.ts';

/** Quantile whose value is shown with the pooled exponents. */
const SHOWN_QUANTILE = 0.5;

/** What the columns of {@link lawTable} are, in one line. */
export const LAW_LEGEND =
  'singular values of M / ||M||_F fall as params^-exponent; exponents are pooled over quantiles, the last four columns are of q=0.5';

/** Pooled exponents by role and depth, with the median's law beside each. */
export function lawTable({ laws, pooled }: LawsDocument, width?: number): string {
  return formatTable(
    [
      { title: 'role', align: 'left' },
      { title: 'depth', align: 'right' },
      { title: 'exponent', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'at q=0.5', align: 'right' },
      { title: 'R2', align: 'right' },
      { title: '1/sqrt(r)', align: 'right' },
      { title: 'held out', align: 'right' },
    ],
    pooled.map((pool) => {
      const law = medianLaw(laws, pool);
      return [
        pool.role,
        significant(pool.depth, 3),
        signed(pool.exponent),
        `${signed(pool.low)} to ${signed(pool.high)}`,
        law ? signed(law.exponent) : '-',
        law ? law.r2.toFixed(2) : '-',
        law?.baselineExponent == null ? '-' : signed(law.baselineExponent),
        law?.heldOut ? errorOf(law.heldOut) : '-',
      ];
    }),
    { width },
  );
}

function medianLaw(laws: readonly Law[], { role, depth }: PooledLaw): Law | undefined {
  return laws.find((law) => law.role === role && law.depth === depth && law.quantile === SHOWN_QUANTILE);
}

function signed(exponent: number): string {
  return exponent.toFixed(2);
}

function errorOf({ predicted, actual }: { readonly predicted: number; readonly actual: number }): string {
  const percent = 100 * (predicted / actual - 1);
  return `${percent >= 0 ? '+' : '-'}${Math.abs(percent).toFixed(0)} %`;
}
