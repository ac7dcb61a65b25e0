import { type Command, Option } from 'commander';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import { EXIT } from '../failure.ts';
import { countFlag, numberFlag, precisionFlag } from '../flags.ts';
import { plainNotes } from '../notes.ts';
import { outputColours, outputWidth, paragraph, print, printJson, tellNotes } from '../output.ts';
import { planLegend, planSummary, planTable } from '../tables/planTable.ts';

interface PlanFlags {
  readonly laws: string;
  readonly params?: number;
  readonly target?: number;
  readonly quantile: number;
  readonly floor: number;
  readonly precision: NsPrecision;
  readonly reasons?: true;
  readonly json?: true;
}

const DEFAULT_TARGET = 1e9;

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('the cheapest Newton-Schulz schedule of every layer at a target size')
    .option('--laws <source>', '"published" (arXiv:2606.04058) or a study folder', 'published')
    .option('--params <n>', 'size to plan for, e.g. 1.5e9, 300B, 1T (default 1B)', countFlag('--params'))
    .addOption(new Option('--target <n>', 'the same as --params').argParser(countFlag('--target')).conflicts('params'))
    .option('--quantile <q>', 'direction that must still be orthonormalised', numberFlag('--quantile', 0, 1), 0.5)
    .option('--floor <output>', 'output it must reach', numberFlag('--floor', 0, 1), 0.7)
    .option('--precision <name>', 'of the matrix products: float32, bf16, fp16, tf32', precisionFlag, 'float32')
    .option('--reasons', 'print why each row was chosen')
    .option('--json', 'print the plan as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope plan --laws published --params 300B\n  muonscope plan --laws studies/quick --params 1.5e9 --json',
    )
    .action(runPlan);
}

async function runPlan({ laws: source, params, target, quantile, floor, precision, reasons, json }: PlanFlags) {
  const { planTarget } = await import('../../workflows/plan.ts');
  const plan = planTarget(source, {
    params: params ?? target ?? DEFAULT_TARGET,
    quantile,
    floor,
    precision,
  });
  if (!plan.met) process.exitCode = EXIT.checkFailed;
  if (json) return printJson(plan);
  const { bold, dim } = outputColours();
  print(bold('Plan'), dim(`laws: ${plan.source}`), ...paragraph(planLegend(plan)).map(dim));
  print(planTable(plan, outputWidth()));
  if (reasons)
    for (const { role, depth, schedule, reasons: why } of plan.layers)
      print(
        '',
        bold(`${role} at depth ${depth}: ${schedule.name}`),
        ...why.flatMap((reason) => paragraph(reason, '  ')),
      );
  print('', ...paragraph(planSummary(plan)));
  tellNotes(plainNotes(plan.warnings));
}
