import type { Command } from 'commander';
import { formatSeconds } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { RandomSpectra } from '../../spectra/randomSpectra.ts';
import type { RandomListener } from '../../workflows/random.ts';
import type { RandomWritten } from '../../workflows/randomFolder.ts';
import { integerFlag, listFlag, numberFlag } from '../flags.ts';
import {
  INTERRUPTED,
  interruptSignal,
  outputColours,
  outputWidth,
  paragraph,
  print,
  printJson,
  stderrProgress,
  tell,
} from '../output.ts';
import {
  EXPONENT_LEGEND,
  randomExponentTable,
  randomSizeTable,
  randomWidthTable,
  sizeLegend,
  widthLegend,
} from '../tables/randomTables.ts';

interface RandomFlags {
  readonly sizes: readonly number[];
  readonly entries: string;
  readonly aspect: number;
  readonly matrices?: number;
  readonly schedules: readonly string[];
  readonly seed: number;
  readonly maxSeconds?: number;
  readonly workers?: number;
  readonly out?: string;
  readonly json?: true;
}

const DEFAULT_SIZES = [128, 256, 512, 1024, 2048];
/** Five steps as in arXiv:2505.04005, more of the same, and a better five. */
const DEFAULT_SCHEDULES = ['jordan:5', 'jordan:7', 'polar-express:5'];

export function addRandom(program: Command): void {
  const size = integerFlag('--sizes', 2);
  program
    .command('random')
    .description('spectra of random matrices by size, against Marchenko-Pastur, before and after Newton-Schulz')
    .option('--sizes <list>', 'smaller dimensions', listFlag(size), DEFAULT_SIZES)
    .option('--entries <name>', 'gaussian, uniform, student:DOF or sparse:DENSITY', 'gaussian')
    .option('--aspect <ratio>', 'larger over smaller dimension', numberFlag('--aspect', 0, 1e4), 1)
    .option('--matrices <n>', 'of each size (default: 65536 / size, 8 to 512)', integerFlag('--matrices'))
    .option(
      '--schedules <list>',
      'schedules to draw: name, name:steps or a .json file of ns design --json',
      listFlag(String),
      DEFAULT_SCHEDULES,
    )
    .option('--seed <n>', 'of the entries', integerFlag('--seed', 0), 1)
    .option('--max-seconds <s>', 'stop after this time with what is done', numberFlag('--max-seconds', 0, 1e7))
    .option('--workers <n>', 'threads (default: one a core)', integerFlag('--workers'))
    .option('--out <dir>', 'a study to add them to, or a folder for random.json, random.html and charts/')
    .option('--json', 'print the result as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope random --out random\n  muonscope random --sizes 256,1024 --aspect 4 --entries student:5 --schedules jordan,deepseek-v4\n  muonscope random --out my-study',
    )
    .action(runRandom);
}

async function runRandom({ json, ...request }: RandomFlags): Promise<void> {
  const { studyRandomMatrices } = await import('../../workflows/random.ts');
  const progress = stderrProgress();
  const signal = interruptSignal(() => progress.end());
  const listener: RandomListener = {
    progress: ({ done, matrices, total }) => {
      if (signal.aborted) return;
      progress.update({ label: 'random', done, total: 1, details: [`${matrices} of ${total} matrices`] });
    },
    measured: (spectra) => {
      progress.end();
      if (json) printJson(spectra);
      else printSpectra(spectra);
      for (const warning of spectra.warnings) tell(`note: ${printable(warning, 400)}`);
    },
  };
  const outcome = await studyRandomMatrices(request, listener, signal).finally(() => progress.end());
  if (outcome === null || outcome.interrupted) process.exitCode = INTERRUPTED;
  if (outcome === null) tell('Stopped before the first matrix was done; nothing was written.');
  else if (outcome.kept) tell(`Stopped. ${request.out} keeps what an earlier run wrote there.`);
  else if (outcome.interrupted) tell('Stopped. The numbers are those of the matrices that were done.');
  if (outcome?.written && !json) printWritten(outcome.written);
}

function printSpectra(spectra: RandomSpectra): void {
  const { bold, dim } = outputColours();
  const width = outputWidth();
  const legend = (text: string): readonly string[] => paragraph(text).map(dim);
  print(bold('Sizes'), ...legend(sizeLegend(spectra)), randomSizeTable(spectra, width));
  if (spectra.exponents.length > 0)
    print('', bold('Exponents'), ...legend(EXPONENT_LEGEND), randomExponentTable(spectra, width));
  print('', bold('Newton-Schulz'), ...legend(widthLegend(spectra)), randomWidthTable(spectra, width));
  if (spectra.made) print('', dim(formatSeconds(spectra.made.seconds)));
}

function printWritten({ record, report, charts }: RandomWritten): void {
  const { bold } = outputColours();
  print(`Record: ${record}`);
  if (report !== null) print(`Report: ${bold(report)}`, `Charts: ${charts} SVG files beside it in charts/`);
  else print('No run of this study has begun; its report will have a section on them.');
}
