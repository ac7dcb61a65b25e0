import type { Command } from 'commander';
import type { SizeConvention } from '../../scaling/law.ts';
import type { WindowRule } from '../../workflows/analyse.ts';
import { choiceFlag } from '../flags.ts';
import { lawNotes } from '../notes.ts';
import { outputColours, outputWidth, paragraph, print, printJson, tellNotes } from '../output.ts';
import { LAW_LEGEND, lawTable } from '../tables/lawTable.ts';

const SIZE_CONVENTIONS: readonly SizeConvention[] = ['total', 'nonEmbedding'];
const WINDOWS: readonly WindowRule[] = ['fixed', 'plateau'];

interface LawsFlags {
  readonly size: SizeConvention;
  readonly window: WindowRule;
  readonly json?: true;
}

export function addLaws(program: Command): void {
  program
    .command('laws')
    .description("fit a study's power laws of the momentum spectrum, or show the published ones")
    .argument('<study>', 'study folder, or "published" for arXiv:2606.04058')
    .option('--size <convention>', SIZE_CONVENTIONS.join(' or '), choiceFlag('--size', SIZE_CONVENTIONS), 'total')
    .option(
      '--window <rule>',
      'fixed: same steps for every size; plateau: where each has settled',
      choiceFlag('--window', WINDOWS),
      'fixed',
    )
    .option('--json', 'print the laws as one JSON document')
    .addHelpText('after', '\nExample:\n  muonscope laws published\n  muonscope laws studies/quick --json')
    .action(async (study: string, { size, window, json }: LawsFlags) => {
      const { fitStudyLaws } = await import('../../workflows/laws.ts');
      const { laws, statements } = fitStudyLaws(study, { sizeConvention: size, window });
      if (json) return printJson(laws);
      const { bold, dim } = outputColours();
      print(bold(`Laws of ${laws.source}`), ...paragraph(LAW_LEGEND).map(dim));
      print(lawTable(laws, outputWidth()), ...statements.flatMap((statement) => ['', ...paragraph(statement)]));
      tellNotes(lawNotes(laws));
    });
}
