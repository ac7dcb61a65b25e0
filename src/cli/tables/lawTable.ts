import { significant } from '../../base/numbers.ts';
import type { Law, LawsDocument, PooledLaw } from '../../scaling/law.ts';
import { formatTable } from '../terminal.ts';

/** Quantile whose value is shown with the pooled exponents. */
const SHOWN_QUANTILE = 0.5;

/** Pooled exponents by role and depth, with the median's law beside each. */
export function lawTable({ laws, pooled }: LawsDocument, width?: number): string {
  return formatTable(
    [
      { title: 'role', align: 'left' },
      { title: 'depth', align: 'right' },
      { title: 'exponent', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'median: exponent', align: 'right' },
      { title: 'R2', align: 'right' },
      { title: '1/sqrt(r) alone', align: 'right' },
      { title: 'held-out error', align: 'right' },
      { title: 'notes', align: 'right' },
    ],
    pooled.map((pool) => {
      const law = medianLaw(laws, pool);
      return [
        pool.role,
        significant(pool.depth, 3),
        signed(-pool.exponent),
        `${signed(-pool.high)} to ${signed(-pool.low)}`,
        law ? signed(-law.exponent) : '-',
        law ? law.r2.toFixed(2) : '-',
        law?.baselineExponent == null ? '-' : signed(-law.baselineExponent),
        law?.heldOut ? errorOf(law.heldOut) : '-',
        law && law.warnings.length > 0 ? String(law.warnings.length) : '',
      ];
    }),
    { width },
  );
}

/** Warnings of a document and its laws: one line a kind, with how many laws it is said of and one of them in full. */
export function lawWarnings({ laws, warnings }: LawsDocument): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const law of laws)
    for (const warning of law.warnings) {
      const said = `${law.role} at depth ${significant(law.depth)}, q=${law.quantile}: ${warning}`;
      kinds.set(kindOf(warning), [...(kinds.get(kindOf(warning)) ?? []), said]);
    }
  const perKind = [...kinds.values()].map((said) =>
    said.length === 1 ? said[0]! : `${said.length} of ${laws.length} laws like ${said[0]!}`,
  );
  return [...warnings, ...perKind];
}

/** What a warning is about: its words before the colon, whatever the numbers. */
function kindOf(warning: string): string {
  return (warning.split(':')[0] ?? warning).replace(/[\d.]+/g, '#');
}

function medianLaw(laws: readonly Law[], { role, depth }: PooledLaw): Law | undefined {
  return laws.find((law) => law.role === role && law.depth === depth && law.quantile === SHOWN_QUANTILE);
}

function signed(exponent: number): string {
  return exponent.toFixed(2).replace('-', '−');
}

function errorOf({ predicted, actual }: { readonly predicted: number; readonly actual: number }): string {
  const percent = 100 * (predicted / actual - 1);
  return `${percent >= 0 ? '+' : '−'}${Math.abs(percent).toFixed(0)} %`;
}
