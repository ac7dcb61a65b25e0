import type { Command } from 'commander';
import { formatSeconds } from '../../base/numbers.ts';
import type { RandomOutcome } from '../../workflows/random.ts';
import { integerFlag, listFlag, numberFlag } from '../flags.ts';
import { outputColours, outputWidth, print, printJson, stderrProgress } from '../output.ts';
import { randomExponentTable, randomSizeTable, randomWidthTable } from '../tables/randomTables.ts';

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
    .option('--schedules <list>', 'schedules to draw, name or name:steps', listFlag(String), DEFAULT_SCHEDULES)
    .option('--seed <n>', 'of the entries', integerFlag('--seed', 0), 1)
    .option('--max-seconds <s>', 'add no matrix after this time', numberFlag('--max-seconds', 0, 1e7))
    .option('--workers <n>', 'threads (default: one a core)', integerFlag('--workers'))
    .option('--out <dir>', 'write random.json, random.html and charts/ there')
    .option('--json', 'print the result as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope random --out random\n  muonscope random --sizes 256,1024 --aspect 4 --entries student:5 --schedules jordan,deepseek-v4',
    )
    .action(runRandom);
}

async function runRandom({ json, ...request }: RandomFlags): Promise<void> {
  const { studyRandomMatrices } = await import('../../workflows/random.ts');
  const progress = stderrProgress();
  const outcome = await studyRandomMatrices(request, ({ done, matrices, total }) =>
    progress.update({ label: 'random', done, total: 1, details: [`${matrices} of ${total} matrices`] }),
  );
  progress.end();
  for (const warning of outcome.spectra.warnings) progress.note(`note: ${warning}`);
  if (json) printJson(outcome.spectra);
  else printOutcome(outcome);
}

function printOutcome({ spectra, seconds, written }: RandomOutcome): void {
  const { bold, dim } = outputColours();
  const width = outputWidth();
  print(bold('Sizes'), dim('singular values of X / ||X||_F, means over matrices'), randomSizeTable(spectra, width));
  if (spectra.exponents.length > 0)
    print('', bold('Exponents'), dim('against the smaller dimension'), randomExponentTable(spectra, width));
  print('', bold('Newton-Schulz'), randomWidthTable(spectra, width));
  print('', dim(`${formatSeconds(seconds)}`));
  if (written) print(`Report: ${bold(written.report)}`, `Charts: ${written.charts} SVG files beside it in charts/`);
}
