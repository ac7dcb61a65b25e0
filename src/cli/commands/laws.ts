import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { LawsDocument, SizeConvention } from '../../scaling/law.ts';
import type { WindowRule } from '../../workflows/analyse.ts';
import { choiceFlag, countFlag, numberFlag } from '../flags.ts';
import { lawNotes } from '../notes.ts';
import { outputColours, outputWidth, paragraph, print, printJson, tellNotes } from '../output.ts';
import { LAW_SUBJECT, lawLegend, lawTable, quantileLegend, quantileTable, SHOWN_QUANTILE } from '../tables/lawTable.ts';
import { formatLegend } from '../tables/legend.ts';

const SIZE_CONVENTIONS: readonly SizeConvention[] = ['total', 'nonEmbedding'];
const WINDOWS: readonly WindowRule[] = ['fixed', 'plateau'];

interface LawsFlags {
  readonly size: SizeConvention;
  readonly window: WindowRule;
  readonly quantile: number | 'all';
  readonly params?: number;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope laws published
  muonscope laws published --params 300B
  muonscope laws studies/quick --quantile all
  muonscope laws studies/quick --json`;

export function addLaws(program: Command): void {
  program
    .command('laws')
    .description("fit a study's power laws of the momentum spectrum, or show the published ones")
    .argument('<study>', 'study folder, or "published" for arXiv:2606.04058')
    .option('--quantile <q>', 'quantile shown beside the pooled exponents, or "all"', quantileFlag, SHOWN_QUANTILE)
    .option('--params <n>', 'add the forecasts at this size, e.g. 300B', countFlag('--params'))
    .option('--size <convention>', SIZE_CONVENTIONS.join(' or '), choiceFlag('--size', SIZE_CONVENTIONS), 'total')
    .option(
      '--window <rule>',
      'fixed: same steps for every size; plateau: where each has settled',
      choiceFlag('--window', WINDOWS),
      'fixed',
    )
    .option('--json', 'print the laws of all quantiles as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (study: string, { size, window, quantile, params, json }: LawsFlags) => {
      const { fitStudyLaws } = await import('../../workflows/laws.ts');
      const request = { sizeConvention: size, window, ...(params === undefined ? {} : { params }) };
      const { laws, statements } = await fitStudyLaws(study, request);
      requireQuantile(laws, quantile);
      if (json) return printJson(laws);
      const { bold, dim } = outputColours();
      const legend = quantile === 'all' ? quantileLegend(params) : lawLegend(quantile, params);
      const width = outputWidth();
      print(bold(`Laws of ${laws.source}`), LAW_SUBJECT, ...formatLegend(legend).map(dim), '');
      print(quantile === 'all' ? quantileTable(laws, width) : lawTable(laws, { quantile, width }));
      print(...statements.flatMap((statement) => ['', ...paragraph(statement)]));
      tellNotes(lawNotes(laws));
    });
}

function quantileFlag(text: string): number | 'all' {
  return text === 'all' ? text : numberFlag('--quantile', 0, 1)(text);
}

function requireQuantile({ laws }: LawsDocument, quantile: number | 'all'): void {
  if (quantile === 'all' || laws.some((law) => law.quantile === quantile)) return;
  const known = [...new Set(laws.map((law) => law.quantile))].sort((a, b) => a - b);
  throw new UsageError(`laws: no law has quantile ${quantile}; use one of ${known.join(', ')}, or all`);
}
