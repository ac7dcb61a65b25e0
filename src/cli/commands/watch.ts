import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { shellWord } from '../../base/shellWord.ts';
import type { WatchResult } from '../../workflows/watch.ts';
import {
  addCheckpointFlags,
  addRunFlags,
  type CheckpointFlags,
  choiceOf,
  findingOf,
  given,
  type RunFlags,
  runOf,
} from '../checkpointFlags.ts';
import { EXIT } from '../failure.ts';
import { numberFlag } from '../flags.ts';
import { interruptSignal, paragraph, print, printJson, stderrProgress } from '../output.ts';

interface WatchFlags extends CheckpointFlags, RunFlags {
  readonly out: string;
  readonly interval: number;
  readonly once?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope watch runs/gpt-124m --out my-study --params 124M
  muonscope watch runs/gpt-124m --out my-study --once --json`;

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('measure checkpoints and recorder lines as a training job writes them, until Ctrl-C')
    .argument('<dir>', 'folder that the job writes into')
    .requiredOption('--out <dir>', 'study to add the spectra to, made if there is none')
    .option(
      '--interval <seconds>',
      'between two looks; a checkpoint counts as written when it has not changed for so long',
      numberFlag('--interval', 0, 86_400),
      10,
    )
    .option('--once', 'end when everything there is has been measured');
  addRunFlags(addCheckpointFlags(command))
    .option('--json', 'print what was added, at the end, as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runWatch);
}

/** Lines of a log that are named one by one, at every look. */
const LINES_TOLD = 3;

async function runWatch(folder: string, flags: WatchFlags): Promise<void> {
  const { watchFolder } = await import('../../workflows/watch.ts');
  const { out, interval, once = false, json } = flags;
  const progress = stderrProgress();
  const say = (text: string): void => (json ? progress.note(text) : progress.above(process.stdout, text));
  const signal = interruptSignal(() => progress.note('Stopping ...'));
  let label = '';
  const result = await watchFolder(
    { folder, out, interval, once, finding: findingOf(flags), ...given({ ...choiceOf(flags), ...runOf(flags) }) },
    {
      opened: ({ checkpoint, run, step }, matrices, recorded) => {
        label = printable(checkpoint.split(/[\\/]/).at(-1) ?? '', 40);
        const at = step === null ? '' : `, step ${step}`;
        const known = recorded === 0 ? '' : `, ${recorded} known`;
        if (matrices.length > 0) say(`${printable(checkpoint)}: run ${run}${at}, ${matrices.length} matrices${known}`);
      },
      measured: (_, share) => progress.update({ label, done: share, total: 1 }),
      skipped: ({ name, reason }) => progress.note(`note: ${printable(name)}: ${printable(reason, 400)}`),
      ingested: (file, added) => say(`${printable(file)}: ${added} new spectra`),
      failed: (_, reason) => progress.note(`note: left out: ${printable(reason, 600)}`),
      leftOut: (lines) => {
        for (const { reason } of lines.slice(0, LINES_TOLD)) progress.note(`note: left out: ${printable(reason, 600)}`);
        if (lines.length > LINES_TOLD) progress.note(`note: and ${lines.length - LINES_TOLD} more lines of this log`);
      },
      waiting: (unfinished) => {
        progress.end();
        const files = unfinished === 0 ? '' : `; ${unfinished} still being written`;
        progress.note(`Waiting for news in ${printable(folder)}${files}; Ctrl-C ends`);
      },
    },
    signal,
  ).finally(() => progress.end());
  if (once && result.failed.length > 0) process.exitCode = EXIT.badInput;
  if (json) printJson(result);
  else print(...paragraph(summary(result)));
}

function summary({ folder, out, added, checkpoints, logs }: WatchResult): string {
  const from = `${checkpoints.length} ${checkpoints.length === 1 ? 'checkpoint' : 'checkpoints'} and ${logs.length} ${logs.length === 1 ? 'log' : 'logs'}`;
  if (added === 0 && checkpoints.length + logs.length === 0)
    return `Nothing was found to measure in ${printable(folder)}.`;
  return `${added} spectra of ${from} added to ${printable(out)}; go on with: muonscope laws ${shellWord(out)}`;
}
