import type { Command } from 'commander';
import { countFlag } from '../flags.ts';
import { plainNotes } from '../notes.ts';
import { print, printJson, tellNotes } from '../output.ts';

export function addReport(program: Command): void {
  program
    .command('report')
    .description('write the report of a study anew from its records, and its page in one file')
    .argument('<study>', 'study folder')
    .option('--target <n>', "size to plan for instead of the study's, e.g. 300B", countFlag('--target'))
    .option('--json', 'print where it was written as one JSON document')
    .addHelpText('after', '\nExample:\n  muonscope report studies/quick\n  muonscope report observed --target 7B')
    .action(async (study: string, { target, json }: { readonly target?: number; readonly json?: true }) => {
      const { rewriteReport } = await import('../../workflows/rewriteReport.ts');
      const { writePageFile } = await import('../../workflows/pageFile.ts');
      const { path, charts, notes } = rewriteReport(study, target === undefined ? {} : { target });
      const page = await writePageFile(study);
      if (json) printJson({ schema: 'muonscope.report/1', study, report: path, charts, page });
      else
        print(
          `Report: ${path}`,
          `Charts: ${charts} SVG files beside it in charts/`,
          `Page: ${page}, the views of muonscope serve in one file`,
        );
      tellNotes(plainNotes(notes));
    });
}
