import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { MomentumAudit } from '../../planner/audit.ts';
import { addCheckpointFlags, type CheckpointFlags, choiceOf, findingOf, given } from '../checkpointFlags.ts';
import { EXIT } from '../failure.ts';
import { integerFlag, numberFlag, precisionFlag } from '../flags.ts';
import {
  INTERRUPTED,
  interruptSignal,
  outputColours,
  outputWidth,
  paragraph,
  print,
  printJson,
  stderrProgress,
  tell,
  tellSentences,
} from '../output.ts';
import {
  AUDIT_LEGEND,
  auditedSchedule,
  auditSummary,
  auditTable,
  findingLines,
  hiddenRows,
} from '../tables/auditTable.ts';

interface AuditFlags extends CheckpointFlags {
  readonly plan?: string;
  readonly schedule?: string;
  readonly precision?: NsPrecision;
  readonly failUnder?: number;
  readonly step?: number;
  readonly all?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope audit optimizer.pt
  muonscope audit optimizer.pt --schedule polar-express:6 --fail-under 0.95
  muonscope audit optimizer.pt --plan plan.json --json`;

export function addAudit(program: Command): void {
  const command = program
    .command('audit')
    .description('which matrices Muon really updates, and which directions the Newton-Schulz in use loses')
    .argument('<checkpoint...>', 'one checkpoint; several files if every rank wrote its own')
    .option('--plan <file>', 'judge by a plan saved by plan --json, or by that of a study')
    .option('--schedule <name>', 'judge by this schedule, name or name:steps, instead of what the checkpoint says')
    .option('--precision <name>', 'of the products, instead of what is known: float32, bf16, fp16, tf32', precisionFlag)
    .option(
      '--fail-under <share>',
      'exit with 1 if a matrix brings a smaller share of its directions to 0.5, or is not updated',
      numberFlag('--fail-under', 0, 1),
    );
  addCheckpointFlags(command)
    .option('--step <n>', 'optimizer steps done, if the checkpoint does not tell', integerFlag('--step', 0))
    .option('--all', 'show every matrix')
    .option('--json', 'print the audit as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runAudit);
}

async function runAudit(paths: readonly string[], flags: AuditFlags): Promise<void> {
  const { checkpointsAt } = await import('../../workflows/openMomentum.ts');
  const { auditMomentum } = await import('../../workflows/audit.ts');
  const { plan, schedule, precision, failUnder, step, all, json } = flags;
  const [open, ...others] = checkpointsAt(paths, findingOf(flags));
  if (open === undefined || others.length > 0)
    throw new UsageError(`audit: expected one checkpoint, got ${others.length + 1}; audit them one by one`);
  const progress = stderrProgress();
  const signal = interruptSignal(() => progress.note('Stopping after the matrices under way ...'));
  const audit = await auditMomentum(
    open,
    given({ ...choiceOf(flags), plan, schedule, precision, failUnder, step }),
    (share) => progress.update({ label: 'audit', done: share, total: 1 }),
    signal,
  ).finally(() => progress.end());
  if (audit === null) {
    tell('Stopped.');
    process.exitCode = INTERRUPTED;
    return;
  }
  if (!audit.passed) process.exitCode = EXIT.checkFailed;
  if (json) printJson(audit);
  else printAudit(audit, all === true);
}

function printAudit(audit: MomentumAudit, all: boolean): void {
  const { bold, dim, red, yellow } = outputColours();
  const { checkpoint, format, layout, step } = audit;
  print(bold(`${printable(checkpoint)}: ${format}, ${layout}${step === null ? '' : `, step ${step}`}`));
  if (audit.matrices.length > 0) {
    const schedule = auditedSchedule(audit);
    if (schedule !== null) print(...paragraph(schedule));
    print(...paragraph(AUDIT_LEGEND).map(dim), auditTable(audit, { width: outputWidth(), all }));
    const hidden = hiddenRows(audit, all);
    if (hidden !== '') print(dim(hidden));
  }
  const colour = (line: string): string => (line.startsWith('error') ? red(line) : yellow(line));
  if (audit.findings.length > 0)
    print('', ...findingLines(audit.findings).flatMap((line) => paragraph(line).map(colour)));
  print('', ...paragraph(auditSummary(audit)));
  tellSentences(audit.notes.map((note) => printable(note, 400)));
}
