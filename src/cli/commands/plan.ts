import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { Plan } from '../../planner/plan.ts';
import { planSummary, shareSummary, shortfall } from '../../report/planSentences.ts';
import { ruleReasons } from '../../report/ruleBlocks.ts';
import { scheduleLabel } from '../../report/wording.ts';
import type { PlanRequest } from '../../workflows/plan.ts';
import { EXIT } from '../failure.ts';
import { choiceFlag, countFlag, numberFlag, openNumberFlag, precisionFlag } from '../flags.ts';
import { plainNotes } from '../notes.ts';
import { outputColours, outputWidth, paragraph, print, printJson, tell, tellNotes } from '../output.ts';
import { comparisonSummary, comparisonTable, ruleTable } from '../tables/ruleTable.ts';

const FORMATS = ['torch', 'optax', 'emerging-optimizers', 'dion', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

interface PlanFlags {
  readonly laws: string;
  readonly params?: number;
  readonly target?: number;
  readonly config?: string;
  readonly quantile: number;
  readonly floor: number;
  readonly confidence?: number;
  readonly precision: NsPrecision;
  readonly schedules?: string;
  readonly tokensPerStep?: number;
  readonly against?: string;
  readonly to?: Format;
  readonly out?: string;
  readonly reasons?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope plan --laws published --params 300B
  muonscope plan --config config.json --tokens-per-step 4M --confidence 0.9
  muonscope plan --config config.json --to torch --out muon_plan.py
  muonscope plan --laws studies/quick --params 1.5e9 --json`;

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('the cheapest Newton-Schulz schedule of every layer at a target size')
    .option('--laws <source>', '"published" (arXiv:2606.04058) or a study folder', 'published')
    .option('--params <n>', 'size to plan for, e.g. 1.5e9, 300B, 1T (default 1B)', countFlag('--params'))
    .addOption(new Option('--target <n>', 'the same as --params').argParser(countFlag('--target')).conflicts('params'))
    .option(
      '--config <file>',
      "a model's config.json (gpt2, llama, qwen, mixtral, deepseek), or {layers, width, vocabulary}",
    )
    .option('--quantile <q>', 'direction that must still be orthonormalised', numberFlag('--quantile', 0, 1), 0.5)
    .option('--floor <output>', 'output it must reach', numberFlag('--floor', 0, 1), 0.7)
    .option(
      '--confidence <share>',
      'plan on the low end of the interval of this confidence, e.g. 0.95, instead of the forecast',
      openNumberFlag('--confidence', 0, 1),
    )
    .option('--precision <name>', 'of the matrix products: float32, bf16, fp16, tf32', precisionFlag, 'float32')
    .option('--schedules <list>', 'choose from these only, e.g. jordan,polar-express:6')
    .option('--tokens-per-step <n>', 'show the share of a training step', countFlag('--tokens-per-step'))
    .option('--against <plan>', 'compare with a plan saved by --json, or with that of a study')
    .option('--to <format>', `write for ${FORMATS.join(', ')}`, choiceFlag('--to', FORMATS))
    .option('--out <file>', 'where --to writes; stdout if left out')
    .option('--reasons', 'print why each rule was chosen')
    .option('--json', 'print the plan as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runPlan);
}

async function runPlan(flags: PlanFlags): Promise<void> {
  requireOneOutput(flags);
  const request = requestOf(flags);
  const plan = flags.to === undefined ? await planned(request) : await exported(request, flags.to, flags.out);
  if (!plan.met) process.exitCode = EXIT.checkFailed;
  if (flags.to !== undefined && flags.out === undefined) {
    if (!plan.met) tell(`muonscope: ${shortfall(plan)}`);
    return;
  }
  if (flags.against !== undefined) return printComparison(plan, flags.against, flags.json);
  if (flags.json) printJson(plan);
  else printPlan(plan, flags.reasons);
}

/** Standard output holds one thing. */
function requireOneOutput({ to, out, json, against }: PlanFlags): void {
  if (out !== undefined && to === undefined)
    throw new UsageError(`plan: --out needs --to, which says what to write; use one of ${FORMATS.join(', ')}`);
  if (to !== undefined && out === undefined && (json || against !== undefined))
    throw new UsageError('plan: --to without --out writes to stdout, as do --json and --against; give --out a file');
}

function requestOf(flags: PlanFlags): PlanRequest {
  const { laws, config, quantile, floor, confidence, precision, schedules, tokensPerStep } = flags;
  const params = flags.params ?? flags.target;
  return {
    laws,
    quantile,
    floor,
    precision,
    ...(params === undefined ? {} : { params }),
    ...(config === undefined ? {} : { config }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(schedules === undefined ? {} : { schedules }),
    ...(tokensPerStep === undefined ? {} : { tokensPerStep }),
  };
}

async function planned(request: PlanRequest): Promise<Plan> {
  const { planTarget } = await import('../../workflows/plan.ts');
  return planTarget(request);
}

/** Writes the file and says what it loses; gives the plan that is in it. */
async function exported(request: PlanRequest, format: Format, out: string | undefined): Promise<Plan> {
  const { exportPlan, writePlanFile } = await import('../../workflows/exportPlan.ts');
  const file = await exportPlan(request, format);
  for (const loss of file.losses) tell(`loss: ${loss}`);
  if (out === undefined) process.stdout.write(file.text);
  else {
    writePlanFile(out, file);
    tell(`wrote ${out}`);
  }
  return file.plan;
}

async function printComparison(plan: Plan, against: string, json: true | undefined): Promise<void> {
  const { comparePlanWith } = await import('../../workflows/plan.ts');
  const comparison = await comparePlanWith(plan, against);
  if (json) return printJson(comparison);
  print(comparisonTable(comparison, outputWidth()), '', comparisonSummary(comparison));
  for (const warning of comparison.warnings ?? []) print(outputColours().yellow(`note: ${warning}`));
}

function printPlan(plan: Plan, reasons: true | undefined): void {
  const { bold, dim } = outputColours();
  print(bold('Plan'), dim(`laws: ${plan.source}`), ruleTable(plan, outputWidth()));
  if (reasons) printReasons(plan);
  const sentences = [planSummary(plan), shortfall(plan), shareSummary(plan)].filter((sentence) => sentence !== '');
  print('', ...sentences.flatMap((sentence) => paragraph(sentence)));
  tellNotes(plainNotes(plan.warnings));
}

/** The reasons of each rule's hardest layer. */
function printReasons(plan: Plan): void {
  const { bold } = outputColours();
  for (const rule of plan.rules ?? []) {
    const { role, part, schedule, remedy, hardest } = rule;
    const place = `${role}${part === undefined ? '' : ` of ${part}`}, layer ${hardest.layer}`;
    const label = scheduleLabel({ schedule, ...(remedy ? { remedy } : {}) });
    print('', bold(`${place}: ${label}`), ...ruleReasons(plan, rule).flatMap((reason) => paragraph(reason, '  ')));
  }
}
