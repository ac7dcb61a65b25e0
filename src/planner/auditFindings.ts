/** What an audit finds besides spectra: matrices that Muon does not update, or should not. */
import { significant } from '../base/numbers.ts';
import type { NsEntry } from '../newtonSchulz/schedule.ts';
import type { SkippedMatrix, UnmeasuredCause } from '../spectra/scannedMomentum.ts';
import type { AuditFinding } from './audit.ts';
import { entryShrink, isNearEpsilon } from './auditMatrix.ts';

/** What a cause says of Muon; null where all is as it should be. */
const SEVERITY: Readonly<Record<UnmeasuredCause, AuditFinding['severity'] | null>> = {
  missing: 'error',
  shard: 'error',
  'not finite': 'error',
  conflict: 'error',
  unreadable: 'error',
  embedding: 'warning',
  head: 'warning',
  duplicate: 'warning',
  dtype: 'warning',
  shape: 'warning',
  'too large': 'warning',
  norm: null,
  convolution: null,
  vector: null,
  moments: null,
  'other optimizer': null,
  padding: null,
  empty: null,
};

/** Findings among what was left out, gravest first. */
export function findingsOf(skipped: readonly SkippedMatrix[]): readonly AuditFinding[] {
  return gravestFirst(
    skipped.flatMap(({ name, shape, cause, reason }) => {
      const severity = SEVERITY[cause];
      return severity === null ? [] : [{ name, shape, kind: cause, severity, reason }];
    }),
  );
}

/** What the norm of a matrix says; null if nothing. */
export function normFinding(
  { name, shape }: { readonly name: string; readonly shape: readonly [number, number] },
  frobenius: number,
  entry: NsEntry,
): AuditFinding | null {
  if (frobenius === 0) {
    const reason = 'its momentum is zero: no gradient has reached it, or Muon has not run';
    return { name, shape, kind: 'zero', severity: 'error', reason };
  }
  if (!isNearEpsilon(frobenius, entry)) return null;
  const factor = significant(1 / entryShrink(frobenius, entry), 3);
  return {
    name,
    shape,
    kind: 'near epsilon',
    severity: 'warning',
    reason: `its norm ${significant(frobenius)} is near the epsilon ${significant(entry.epsilon)} of the entry, which makes every direction ${factor} times smaller`,
  };
}

export function gravestFirst(findings: readonly AuditFinding[]): readonly AuditFinding[] {
  const rank = ({ severity }: AuditFinding): number => (severity === 'error' ? 0 : 1);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
