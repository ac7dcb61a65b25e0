/** An audit as tables: matrices worst first, then what was found besides. */
import { formatShare, significant } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { AuditedMatrix, AuditFinding, MomentumAudit, ScheduleOrigin } from '../../planner/audit.ts';
import { DEFAULT_WIDTH, formatTable } from '../terminal.ts';
import { shapeText, shownNames } from './matrixNames.ts';

/** What the columns are. */
export const AUDIT_LEGEND =
  'below: share of directions whose output stays under 0.1, 0.5, 0.7; descent: what is left of the decrease under the exact polar factor; rounding: share that no number of steps brings to 0.5';

/** Rows shown unless all are asked for. */
const SHOWN_ROWS = 20;
/** Everything beside the name and the schedule. */
const NUMBERS_WIDTH = 48;
const NARROWEST = 12;

/** Which NS was judged by, where it is the same for all. */
export function auditedSchedule({ matrices }: MomentumAudit): string | null {
  const texts = new Set(matrices.map((matrix) => `${scheduleText(matrix)}, ${ORIGINS[matrix.origin]}`));
  const [text, ...others] = texts;
  return text === undefined || others.length > 0 ? null : `Newton-Schulz: ${text}`;
}

const ORIGINS: Readonly<Record<ScheduleOrigin, string>> = {
  checkpoint: 'as the checkpoint says',
  layout: "as this optimizer's code runs it",
  plan: 'as planned',
  flag: 'as asked for',
  default: 'the usual one, since nothing says which',
};

/** The worst matrices, one a line; a column of schedules only where they differ. */
export function auditTable(
  audit: MomentumAudit,
  { width = DEFAULT_WIDTH, all }: { readonly width?: number | undefined; readonly all: boolean },
): string {
  const { matrices } = audit;
  const shown = all ? matrices : matrices.slice(0, SHOWN_ROWS);
  const several = auditedSchedule(audit) === null;
  const scheduleWidth = several ? 2 + Math.max(...shown.map((matrix) => scheduleText(matrix).length)) : 0;
  const nameWidth = Math.max(NARROWEST, width - NUMBERS_WIDTH - scheduleWidth);
  const nameOf = shownNames(matrices.map(({ name }) => name));
  return formatTable(
    [
      { title: 'matrix', align: 'left' },
      ...(several ? [{ title: 'NS', align: 'left' } as const] : []),
      { title: 'below 0.1', align: 'right' },
      { title: '0.5', align: 'right' },
      { title: '0.7', align: 'right' },
      { title: 'descent', align: 'right' },
      { title: 'rounding', align: 'right' },
    ],
    shown.map((matrix) => [
      nameOf(matrix.name, nameWidth),
      ...(several ? [scheduleText(matrix)] : []),
      formatShare(matrix.below['0.1'], 2),
      formatShare(matrix.below['0.5'], 2),
      formatShare(matrix.below['0.7'], 2),
      formatShare(matrix.descentKept, 3),
      formatShare(matrix.floor.lost, 2),
    ]),
    { width },
  );
}

/** "and 28 more, each better than these"; empty if all are shown. */
export function hiddenRows({ matrices }: MomentumAudit, all: boolean): string {
  const hidden = matrices.length - SHOWN_ROWS;
  return all || hidden <= 0 ? '' : `and ${hidden} more, none worse than these; --all shows them`;
}

/** Findings of one kind and reason are one line. */
export function findingLines(findings: readonly AuditFinding[]): readonly string[] {
  const groups = new Map<string, AuditFinding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.kind} ${finding.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group) => {
    const [{ severity, kind, reason } = { severity: 'error', kind: 'missing', reason: '' }] = group;
    const names = group
      .slice(0, 3)
      .map(({ name, shape }) => `${printable(name)}${shape === null ? '' : ` ${shapeText(shape)}`}`);
    const more = group.length > 3 ? ` and ${group.length - 3} more` : '';
    return `${severity}: ${kind}: ${names.join(', ')}${more}: ${printable(reason, 400)}`;
  });
}

/** The verdict in a sentence or two. */
export function auditSummary({ matrices, findings, worst, failUnder, passed }: MomentumAudit): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const [first] = matrices;
  const judged = `${matrices.length} ${matrices.length === 1 ? 'matrix' : 'matrices'} judged`;
  const kept =
    first === undefined
      ? `${judged}${errors === 0 ? ': Muon keeps momentum for none here; scan --list says what is left out' : ''}.`
      : `${judged}; the worst brings ${formatShare(first.kept, 3)} of its directions to 0.5 (${printable(first.name)}).`;
  const broken =
    errors === 0
      ? ''
      : ` ${errors} ${errors === 1 ? 'is' : 'are'} not updated as ${errors === 1 ? 'a whole' : 'wholes'}.`;
  if (failUnder === null) return kept + broken;
  const asked = `${significant(failUnder)} were asked for`;
  return `${kept}${broken} ${passed ? `Passed: ${asked}.` : `Failed: ${asked}, ${worst === null ? 'and there is nothing to judge' : `the worst has ${significant(worst, 3)}`}.`}`;
}

function scheduleText({ schedule, remedy }: AuditedMatrix): string {
  return `${printable(schedule.name, 40)} ${schedule.precision}${remedy === null ? '' : ` + ${remedy}`}`;
}
