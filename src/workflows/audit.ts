/** Judges the momentum of a checkpoint by the Newton-Schulz in use: which matrices are updated, which directions are lost. */
import { UsageError } from '../base/errors.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import type { NsPrecision, NsSchedule, Remedy } from '../newtonSchulz/schedule.ts';
import type { AuditedMatrix, AuditFinding, MomentumAudit, ScheduleOrigin } from '../planner/audit.ts';
import { findingsOf, gravestFirst, normFinding } from '../planner/auditFindings.ts';
import { judgeSpectrum } from '../planner/auditMatrix.ts';
import type { Plan, PlanLayer } from '../planner/plan.ts';
import type { FoundMomentum, MomentumMatrix } from '../sources/momentum/momentumMatrix.ts';
import { readPlanFile } from '../store/planFile.ts';
import { chooseMatrices, type MatrixChoice } from './chooseMatrices.ts';
import { type MatrixOutcome, measureMatrices, withPool, workersFor, workOf } from './measureMatrices.ts';
import { describeCheckpoint, leftOut, type OpenedMomentum } from './scan.ts';

/** What is asked of an audit. */
export interface AuditRequest extends MatrixChoice {
  /** File of a plan, or a study that has one: judge by what it plans. */
  readonly plan?: string;
  /** "name" or "name:steps" of the catalogue. */
  readonly schedule?: string;
  /** Of the products, instead of what the schedule's origin says. */
  readonly precision?: NsPrecision;
  readonly failUnder?: number;
  readonly step?: number;
  readonly workers?: number;
}

/** Told as an audit goes on: `share` of the work is done. */
export type AuditListener = (share: number) => void;

/** What runs where neither checkpoint, plan nor flag tells: Jordan 2024, as most code of Muon does. */
const DEFAULT_SCHEDULE = 'jordan';
const DEFAULT_PRECISION: NsPrecision = 'bf16';

/** The NS of one matrix and who says so. */
interface Judge {
  readonly schedule: NsSchedule;
  readonly remedy: Remedy;
  readonly origin: ScheduleOrigin;
}

/**
 * @returns null if `signal` stopped it
 * @throws UsageError if both a plan and a schedule are given, or the schedule is not known
 */
export async function auditMomentum(
  open: () => Promise<OpenedMomentum>,
  request: AuditRequest,
  listener: AuditListener,
  signal: AbortSignal,
): Promise<MomentumAudit | null> {
  const judgeOf = judges(request);
  const opened = await open();
  try {
    const judged = await judgeAll(opened, request, judgeOf, listener, signal);
    return signal.aborted ? null : documentOf(opened, request, judged);
  } finally {
    await opened.close();
  }
}

/** What came of all matrices. */
interface Judged {
  readonly matrices: readonly AuditedMatrix[];
  readonly findings: readonly AuditFinding[];
  /** Those that were judged by the default. */
  readonly byDefault: number;
}

async function judgeAll(
  opened: OpenedMomentum,
  request: AuditRequest,
  judgeOf: JudgeOf,
  listener: AuditListener,
  signal: AbortSignal,
): Promise<Judged> {
  const { found, name: checkpoint } = opened;
  const chosen = chooseMatrices(found.matrices, request);
  const total = chosen.reduce((sum, matrix) => sum + workOf(matrix), 0);
  const judged = new Map<MomentumMatrix, JudgedMatrix>();
  let work = 0;
  const done = (outcome: MatrixOutcome<Float64Array>): void => {
    const { matrix } = outcome;
    work += workOf(matrix);
    judged.set(matrix, judgeOutcome(outcome, checkpoint, judgeOf(matrix, found)));
    listener(work / total);
  };
  await withPool(workersFor(chosen, request.workers), chosen.length, (pool, workers) =>
    measureMatrices(chosen, (matrix) => pool.singularValues(matrix, { transfer: true }), { workers, signal, done }),
  );
  const inOrder = chosen.flatMap((matrix) => judged.get(matrix) ?? []);
  const matrices = inOrder.flatMap(({ matrix }) => matrix ?? []);
  const findings = [...findingsOf(leftOut(opened)), ...inOrder.flatMap((one) => one.findings)];
  return { matrices, findings, byDefault: matrices.filter(({ origin }) => origin === 'default').length };
}

interface JudgedMatrix {
  readonly matrix: AuditedMatrix | null;
  readonly findings: readonly AuditFinding[];
}

function judgeOutcome(outcome: MatrixOutcome<Float64Array>, checkpoint: string, judge: Judge): JudgedMatrix {
  const { name, role, layer, layers, shape } = outcome.matrix;
  if (!('measured' in outcome)) {
    const { cause, reason } = outcome;
    return { matrix: null, findings: findingsOf([{ name, shape, cause, reason, checkpoint }]) };
  }
  const { measured: sigma } = outcome;
  const { schedule, remedy, origin } = judge;
  const finding = normFinding(outcome.matrix, frobeniusOf(sigma), schedule.entry);
  const findings = finding === null ? [] : [finding];
  if (finding?.kind === 'zero') return { matrix: null, findings };
  if (schedule.entry.normalisation !== 'frobenius') {
    const reason = `${schedule.name} rescales rows or columns first, so what it does to a singular value is not known`;
    return { matrix: null, findings: [...findings, { name, shape, kind: 'not judged', severity: 'warning', reason }] };
  }
  const { name: scheduleName, coefficients, entry, precision } = schedule;
  return {
    matrix: {
      name,
      role,
      layer,
      layers,
      depth: (layer + 1) / layers,
      shape,
      schedule: { name: scheduleName, coefficients, entry, precision },
      remedy: remedy === 'none' ? null : remedy,
      origin,
      ...judgeSpectrum(sigma, shape, schedule, remedy),
    },
    findings,
  };
}

/** Which NS a matrix runs. */
type JudgeOf = (matrix: MomentumMatrix, found: FoundMomentum) => Judge;

function judges({ plan, schedule, precision }: AuditRequest): JudgeOf {
  if (plan !== undefined && schedule !== undefined)
    throw new UsageError('audit: --plan and --schedule both say which Newton-Schulz to judge by; give one of them');
  const inPrecision = (judge: Judge): Judge =>
    precision === undefined ? judge : { ...judge, schedule: { ...judge.schedule, precision } };
  if (schedule !== undefined) {
    const named = inPrecision({ schedule: scheduleNamed(schedule), remedy: 'none', origin: 'flag' });
    return () => named;
  }
  const planned = plan === undefined ? null : readPlanFile(plan);
  const fallback: Judge = {
    schedule: scheduleOf(DEFAULT_SCHEDULE, undefined, { precision: DEFAULT_PRECISION }),
    remedy: 'none',
    origin: 'default',
  };
  return (matrix, found) =>
    inPrecision((planned === null ? settingsJudge(matrix, found) : planJudge(planned, matrix)) ?? fallback);
}

/** "name" or "name:steps". */
function scheduleNamed(text: string): NsSchedule {
  const [, name = '', steps] = /^(.+?)(?::(\d+))?$/.exec(text.trim()) ?? [];
  return scheduleOf(name, steps === undefined ? undefined : Number(steps), { precision: DEFAULT_PRECISION });
}

/** What the checkpoint's parameter groups, or the code of their layout, run. */
function settingsJudge({ settings: index }: MomentumMatrix, { settings }: FoundMomentum): Judge | null {
  const found = index === null ? undefined : settings[index];
  if (!found?.schedule) return null;
  const isStated = found.stated.some((field) => field === 'steps' || field === 'coefficients');
  return { schedule: found.schedule, remedy: 'none', origin: isStated ? 'checkpoint' : 'layout' };
}

/** The row of the plan that is nearest in depth, of the same role. */
function planJudge({ layers, source }: Plan, matrix: MomentumMatrix): Judge | null {
  const depth = (matrix.layer + 1) / matrix.layers;
  const rows = layers.filter(({ role }) => role === matrix.role);
  const nearest = rows.reduce<PlanLayer | null>(
    (best, row) => (best === null || Math.abs(row.depth - depth) < Math.abs(best.depth - depth) ? row : best),
    null,
  );
  if (nearest === null) return null;
  return { schedule: { ...nearest.schedule, source }, remedy: nearest.remedy?.name ?? 'none', origin: 'plan' };
}

function documentOf(opened: OpenedMomentum, request: AuditRequest, judged: Judged): MomentumAudit {
  const { checkpoint, format, layout, step, stage, nsInput, notes } = describeCheckpoint(opened, request);
  const matrices = [...judged.matrices].sort((a, b) => a.kept - b.kept || a.descentKept - b.descentKept);
  const hasError = judged.findings.some(({ severity }) => severity === 'error');
  const worst = hasError ? 0 : (matrices[0]?.kept ?? null);
  const { failUnder = null } = request;
  return {
    schema: 'muonscope.audit/1',
    checkpoint,
    format,
    layout,
    step,
    stage,
    nsInput,
    matrices,
    findings: gravestFirst(judged.findings),
    worst,
    failUnder,
    passed: failUnder === null || (worst !== null && worst >= failUnder),
    notes: [...notes, ...judgeNotes(judged), ...stageNotes(opened)],
  };
}

function judgeNotes({ byDefault, matrices }: Judged): readonly string[] {
  if (byDefault === 0) return [];
  const which = byDefault === matrices.length ? 'every matrix' : `${byDefault} of ${matrices.length} matrices`;
  return [
    `nothing says which Newton-Schulz ${which} runs: judged by ${DEFAULT_SCHEDULE} x5 in ${DEFAULT_PRECISION}, the usual one; give --schedule or --plan`,
  ];
}

function stageNotes({ found: { stage, nsInput } }: OpenedMomentum): readonly string[] {
  if (stage !== 'buffer' || nsInput !== 'nesterov') return [];
  return [
    'judged by the momentum buffer; what Newton-Schulz receives is its Nesterov blend with the gradient, which checkpoints seldom hold',
  ];
}

function frobeniusOf(sigma: Float64Array): number {
  const largest = sigma[0] ?? 0;
  if (largest === 0) return 0;
  return largest * Math.sqrt(sigma.reduce((sum, s) => sum + (s / largest) ** 2, 0));
}
