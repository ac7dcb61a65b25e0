import type { Command } from 'commander';
import { shellWord } from '../../base/shellWord.ts';
import type { ExportTarget } from '../../workflows/exportStudy.ts';
import { choiceFlag } from '../flags.ts';
import { paragraph, print, printJson } from '../output.ts';

const TARGETS = ['parquet', 'csv', 'tensorboard', 'trackio'] as const satisfies readonly ExportTarget[];

interface ExportFlags {
  readonly to: ExportTarget;
  readonly out: string;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope export my-study --to parquet --out spectra.parquet
  muonscope export my-study --to tensorboard --out logs`;

/** What to do with what was written. */
const NEXT: Readonly<Record<ExportTarget, (out: string) => string>> = {
  parquet: (out) => `Read it with pandas, polars or DuckDB; muonscope ingest takes it back (${out}).`,
  csv: (out) => `A row a matrix and step; muonscope ingest takes it back (${out}).`,
  tensorboard: (out) => `Show them with: tensorboard --logdir ${shellWord(out)}`,
  trackio: (out) => `Log them with: python ${shellWord(`${out}/log_to_trackio.py`)} PROJECT`,
};

export function addExport(program: Command): void {
  program
    .command('export')
    .description("write a study's spectra and metrics for other tools")
    .argument('<study>', 'study folder')
    .requiredOption('--to <format>', TARGETS.join(', '), choiceFlag('--to', TARGETS))
    .requiredOption('--out <path>', 'folder; a name that ends in .csv or .parquet takes the spectra alone')
    .option('--json', 'print what was written as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (study: string, { to, out, json }: ExportFlags) => {
      const { exportStudy } = await import('../../workflows/exportStudy.ts');
      const result = await exportStudy(study, to, out);
      if (json) return printJson(result);
      const { files, runs, spectra, steps } = result;
      const metrics = steps === 0 ? '' : ` and ${steps} training steps`;
      print(...files.map((file) => `wrote ${file}`));
      print(
        ...paragraph(
          `${spectra} spectra${metrics} of ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}. ${NEXT[to](out)}`,
        ),
      );
    });
}
