import type { Command } from 'commander';
import type { SizeConvention } from '../../scaling/law.ts';
import type { WindowRule } from '../../workflows/analyse.ts';
import { choiceFlag } from '../flags.ts';
import { outputColours, outputWidth, print, printJson } from '../output.ts';
import { lawTable, lawWarnings } from '../tables/lawTable.ts';

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
      const { bold, dim, yellow } = outputColours();
      print(
        bold(`Laws of ${laws.source}`),
        dim('singular values of M / ||M||_F fall as params^exponent; pooled over quantiles'),
      );
      print(lawTable(laws, outputWidth()), ...statements.map((statement) => `\n${statement}`), '');
      for (const warning of lawWarnings(laws)) print(yellow(`note: ${warning}`));
    });
}
