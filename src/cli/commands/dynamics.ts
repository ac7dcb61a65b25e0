import type { Command } from 'commander';
import { shellWord } from '../../base/shellWord.ts';
import type { DynamicsOutcome, DynamicsRequest, RegressionChoices } from '../../workflows/dynamics.ts';
import { ENGINES } from '../../workflows/engines.ts';
import { choiceFlag, integerFlag, textOption } from '../flags.ts';
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
import { dynamicsTable } from '../tables/dynamicsTable.ts';

interface DynamicsFlags extends RegressionChoices {
  readonly preset: DynamicsRequest['size'];
  readonly seed: number;
  readonly out: string;
  readonly resume?: true;
  readonly text?: readonly string[];
  readonly images?: readonly string[];
  readonly engine?: DynamicsRequest['engine'];
  readonly json?: true;
}

const SIZES: readonly DynamicsRequest['size'][] = ['smoke', 'quick', 'full'];

/** Name and what it is about. */
const EXPERIMENTS: readonly (readonly [DynamicsRequest['experiment'], string])[] = [
  ['entropy', 'is the polar update the one-step entropy-maximising choice'],
  ['regression', 'singular values of underdetermined regression under Muon and gradient flow, in closed form'],
  ['sensing', 'which solution of matrix sensing Muon, gradient descent, sign descent, AdamW and the nuclear norm find'],
  ['gpt', 'a small GPT on real text, Muon against AdamW over learning rates'],
  ['vit', 'a small ViT on images as the control, Muon against AdamW over learning rates'],
];

/** Experiments of many runs, which Ctrl-C ends between two; it ends the others at once, as they keep nothing. */
const SWEEPS: ReadonlySet<DynamicsRequest['experiment']> = new Set(['sensing', 'gpt', 'vit']);

export function addDynamics(program: Command): void {
  const dynamics = program
    .command('dynamics')
    .description('what the polar update does to weights: experiments on the claims of arXiv:2606.08388')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope dynamics entropy\n  muonscope dynamics sensing --preset quick --out my-dynamics',
    );
  for (const [experiment, about] of EXPERIMENTS) {
    const command = dynamics
      .command(experiment)
      .description(about)
      .option(
        '--preset <name>',
        'smoke, quick (under 5 minutes on two cores) or full',
        choiceFlag('--preset', SIZES),
        'quick',
      )
      .option('--seed <n>', 'of everything random', integerFlag('--seed', 0), 1)
      .option('--out <dir>', 'folder for results, figures and page; a study gets a section in its report', 'dynamics')
      .option('--resume', 'go on with a sweep that was interrupted')
      .option('--json', 'print the result as one JSON document');
    addChoices(experiment, command);
    command
      .addHelpText('after', `\nExample:\n  muonscope dynamics ${experiment} --preset smoke --json`)
      .action((flags: DynamicsFlags) => runExperiment(experiment, flags));
  }
}

/** Flags of one experiment alone. */
function addChoices(experiment: DynamicsRequest['experiment'], command: Command): void {
  if (experiment === 'regression')
    command
      .option('--measurements <n>', "N, fewer than unknowns (default: the preset's)", integerFlag('--measurements', 2))
      .option('--unknowns <d>', "rows of W (default: the preset's)", integerFlag('--unknowns', 2))
      .option('--outputs <k>', "columns of W (default: the preset's)", integerFlag('--outputs', 2));
  if (experiment === 'gpt') command.addOption(textOption());
  if (experiment === 'vit')
    command.option('--images <path...>', 'CIFAR-10 binary files or a pair of MNIST idx files (default: drawn glyphs)');
  if (experiment === 'gpt' || experiment === 'vit')
    command.option('--engine <name>', ENGINES.join(', '), choiceFlag('--engine', ENGINES), 'cpu');
}

async function runExperiment(experiment: DynamicsRequest['experiment'], flags: DynamicsFlags): Promise<void> {
  const { preset, seed, out, resume, json, text = [], images = [], engine = 'cpu', ...choices } = flags;
  const { runDynamics } = await import('../../workflows/dynamics.ts');
  const progress = stderrProgress();
  const signal = SWEEPS.has(experiment)
    ? interruptSignal(() => progress.note('stopping after the current run'))
    : new AbortController().signal;
  const outcome = await runDynamics(
    { experiment, size: preset, seed, out, resume: resume === true, text, images, engine },
    choices,
    ({ done, detail }) => progress.update({ label: experiment, done, total: 1, details: [detail] }),
    signal,
  ).finally(() => progress.end());
  if (outcome === null) {
    tell(
      `Stopped. Runs done so far are in ${out}; go on with: muonscope dynamics ${experiment} --resume --out ${shellWord(out)}`,
    );
    process.exitCode = INTERRUPTED;
  } else if (json) printJson(outcome.document);
  else printOutcome(outcome);
}

function printOutcome({ document, page }: DynamicsOutcome): void {
  const { bold, dim, green, red } = outputColours();
  for (const { statement, holds, evidence } of document.claims) {
    const verdict = holds ? green('holds') : red('does not hold');
    print(...paragraph(`${statement}.`), `  ${verdict}: ${dim(evidence)}`);
  }
  const [first, ...others] = document.tables;
  if (first) print('', ...paragraph(first.caption).map(bold), dynamicsTable(first, outputWidth()));
  if (others.length > 0)
    print('', ...paragraph(`More tables on the page: ${others.map(({ caption }) => caption).join('; ')}.`).map(dim));
  print('', `Page: ${bold(page)}`);
}
