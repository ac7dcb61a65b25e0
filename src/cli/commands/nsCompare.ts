import { type Command, Option } from 'commander';
import { formatCount } from '../../base/numbers.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { DesignObjective } from '../../workflows/designSchedule.ts';
import { choiceFlag, countFlag, integerFlag, listFlag, numberFlag, precisionFlag } from '../flags.ts';
import { outputColours, outputWidth, paragraph, print, printJson, stderrProgress } from '../output.ts';
import { USUAL_ROW } from '../spectrumFlags.ts';
import { marginSentence, marginTable } from '../tables/nsTables.ts';
import { OBJECTIVES, USUAL_DESIGN } from './nsDesign.ts';

interface CompareFlags {
  readonly laws: string;
  readonly params: number;
  readonly products: readonly number[];
  readonly objective?: DesignObjective;
  readonly quantile: number;
  readonly precision: NsPrecision;
  readonly bound: number;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope ns compare --params 300B --products 12,15,18
  muonscope ns compare --laws my-study --params 1.5e9 --objective distance`;

export function addNsCompare(ns: Command): void {
  const { products, quantile, bound } = USUAL_DESIGN;
  ns.command('compare')
    .description('designs beside the best published schedule of the same cost, on every row of the laws')
    .option('--laws <source>', '"published" (arXiv:2606.04058) or a study folder', USUAL_ROW.laws)
    .addOption(
      new Option('--params <n>', 'size of the forecast, e.g. 1.5e9, 300B, 1T')
        .argParser(countFlag('--params'))
        .default(USUAL_ROW.params, formatCount(USUAL_ROW.params)),
    )
    .addOption(
      new Option('--products <list>', 'matrix products')
        .argParser(listFlag(integerFlag('--products', 2)))
        .default([products], String(products)),
    )
    .option('--objective <name>', `${OBJECTIVES.join(', ')}; all if left out`, choiceFlag('--objective', OBJECTIVES))
    .option('--quantile <q>', 'direction down to which outputs matter', numberFlag('--quantile', 0, 1), quantile)
    .option('--precision <name>', 'of the matrix products: float32, bf16, fp16, tf32', precisionFlag, 'float32')
    .option('--bound <output>', 'largest output on [0, 1.01], above 1', numberFlag('--bound', 1, 2), bound)
    .option('--json', 'print the designs as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runCompare);
}

async function runCompare({ objective, json, ...request }: CompareFlags): Promise<void> {
  const { compareDesigns, comparisonDocument, marginRange } = await import('../../workflows/compareDesigns.ts');
  const progress = stderrProgress();
  const objectives = objective === undefined ? OBJECTIVES : [objective];
  const compared = compareDesigns({ ...request, objectives }, (done, total) =>
    progress.update({ label: 'designing', done, total, details: [`${done} of ${total}`] }),
  );
  progress.end();
  if (json) return printJson(comparisonDocument(compared));
  const { bold } = outputColours();
  for (const designs of compared) {
    const sentence = marginSentence(designs, marginRange(designs));
    print(bold(`${designs.objective}, ${designs.products} products`), ...paragraph(sentence));
    print(marginTable(designs, outputWidth()), '');
  }
}
