import type { Command } from 'commander';
import { print, printJson } from '../output.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .description('write the report of a study anew from its records')
    .argument('<study>', 'study folder')
    .option('--json', 'print where it was written as one JSON document')
    .addHelpText('after', '\nExample:\n  muonscope report studies/quick')
    .action(async (study: string, { json }: { readonly json?: true }) => {
      const { rewriteReport } = await import('../../workflows/rewriteReport.ts');
      const { path, charts } = rewriteReport(study);
      if (json) printJson({ schema: 'muonscope.report/1', study, report: path, charts });
      else print(`Report: ${path}`, `Charts: ${charts} SVG files beside it in charts/`);
    });
}
