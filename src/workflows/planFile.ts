/** A plan as the text of a file that a training framework can import; runs in browsers. */
import { UsageError } from '../base/errors.ts';
import { shrinkInput } from '../newtonSchulz/safety.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import { candidateSchedules, parseSchedules } from '../planner/candidates.ts';
import { expressionLosses, FRAMEWORK_RULES, FRAMEWORKS, type Framework } from '../planner/expressible.ts';
import type { ModelForecast } from '../planner/modelForecast.ts';
import type { Plan, PlannedSchedule, PlanRule } from '../planner/plan.ts';
import { planForecast } from '../planner/planModel.ts';
import { planTriples } from '../planner/planTriples.ts';
import { csvFile } from '../report/exports/csv.ts';
import { dionFile } from '../report/exports/dion.ts';
import { emergingOptimizersFile } from '../report/exports/emergingOptimizers.ts';
import { optaxFile } from '../report/exports/optax.ts';
import type { ExportRule, PlanExport } from '../report/exports/planExport.ts';
import { torchFile } from '../report/exports/torch.ts';

/** What `plan --to` takes. */
export const EXPORT_FORMATS: readonly [...typeof FRAMEWORKS, 'json', 'csv'] = [...FRAMEWORKS, 'json', 'csv'];
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A plan as written for a framework. */
export interface PlanFile {
  /** The plan the file holds: the best that the framework can express. */
  readonly plan: Plan;
  readonly text: string;
  /** What the framework cannot express, a sentence each. */
  readonly losses: readonly string[];
}

/** What is written. */
export interface PlanFileRequest {
  /** The target's forecast, for products in a precision: some frameworks offer no choice. */
  readonly forecastIn: (precision: NsPrecision) => ModelForecast;
  readonly precision: NsPrecision;
  /** As `--schedules` takes them. */
  readonly schedules?: string;
  readonly tokensPerStep?: number;
  /** Version of Muonscope. */
  readonly version: string;
}

const WRITERS: Readonly<Record<Framework, (data: PlanExport) => string>> = {
  torch: torchFile,
  optax: optaxFile,
  'emerging-optimizers': emergingOptimizersFile,
  dion: dionFile,
};

/**
 * The best plan that `format` can express, and its file.
 *
 * @throws UsageError if none of the schedules to choose from can be expressed
 */
export function planFile(request: PlanFileRequest, format: ExportFormat): PlanFile {
  const { forecastIn, precision, version } = request;
  const free = planForecast(forecastIn(precision), planChoices(request));
  if (format === 'json') return { plan: free, text: `${JSON.stringify(free, null, 2)}\n`, losses: [] };
  if (format === 'csv') return { plan: free, text: csvFile(free), losses: [] };
  const { plan, losses } = expressed(request, free, format);
  const rules = (plan.rules ?? []).map(exportRule);
  const writer = `muonscope ${version}`.trim();
  return { plan, text: WRITERS[format]({ plan, rules, precision: plan.criterion.precision, losses, writer }), losses };
}

/** What `--schedules` and `--tokens-per-step` say. @throws UsageError for a schedule that is not known */
export function planChoices({
  schedules,
  precision,
  tokensPerStep,
}: Pick<PlanFileRequest, 'schedules' | 'precision' | 'tokensPerStep'>): {
  readonly schedules?: readonly NsSchedule[];
  readonly tokensPerStep?: number;
} {
  return {
    ...(schedules === undefined ? {} : { schedules: parseSchedules('--schedules', schedules, precision) }),
    ...(tokensPerStep === undefined ? {} : { tokensPerStep }),
  };
}

/** The plan in a framework's terms. Where it repeats one triple and any may be chosen, triples are designed. */
function expressed(
  request: PlanFileRequest,
  free: Plan,
  framework: Framework,
): { readonly plan: Plan; readonly losses: readonly string[] } {
  const { precision, remedies, repeatsOneTriple } = FRAMEWORK_RULES[framework];
  const forecast = request.forecastIn(precision ?? request.precision);
  const published = expressibleSchedules(request, framework);
  const { tokensPerStep } = request;
  const options = tokensPerStep === undefined ? {} : { tokensPerStep };
  const plan = planForecast(forecast, { ...options, schedules: published, remedies });
  if (!repeatsOneTriple || request.schedules !== undefined)
    return { plan, losses: expressionLosses(free, plan, framework) };
  const designed = planTriples(forecast, published, options);
  return {
    plan: designed.plan,
    losses: expressionLosses(free, designed.plan, framework, { ...designed, published: plan }),
  };
}

function expressibleSchedules({ schedules, precision }: PlanFileRequest, framework: Framework) {
  const all =
    schedules === undefined ? candidateSchedules(precision) : parseSchedules('--schedules', schedules, precision);
  const { expresses, limit } = FRAMEWORK_RULES[framework];
  const found = all.filter(expresses);
  if (found.length === 0)
    throw new UsageError(
      `plan: ${framework} ${limit}, which leaves none of --schedules ${schedules ?? ''}; add one such as jordan`,
    );
  return found;
}

function exportRule({ role, part, parameter, layers, schedule }: PlanRule): ExportRule {
  return {
    matrix: part === undefined ? role : `${role} of ${part}`,
    parameter,
    layers,
    schedule: schedule.name,
    coefficients: folded(schedule),
  };
}

/** Coefficients behind the plain norm: the entry's scale divides the input of the first step. */
function folded({ coefficients, entry }: PlannedSchedule): ExportRule['coefficients'] {
  return coefficients.map((step, k) => (k === 0 && entry.scale !== 1 ? shrinkInput(step, entry.scale) : step));
}
