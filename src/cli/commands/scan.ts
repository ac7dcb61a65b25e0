import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { formatCount } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import { shellWord } from '../../base/shellWord.ts';
import type { ListedMomentum, ScannedCheckpoint, ScannedMomentum } from '../../spectra/scannedMomentum.ts';
import type { ScanListener } from '../../workflows/scan.ts';
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
import { integerFlag } from '../flags.ts';
import {
  INTERRUPTED,
  interruptSignal,
  outputColours,
  outputWidth,
  paragraph,
  print,
  printJson,
  stderrProgress,
  stoppedObservingText,
  tell,
  tellSentences,
} from '../output.ts';
import { listTable } from '../tables/listTable.ts';
import { SCAN_LEGEND, type ScanLines, scanLines } from '../tables/scanTable.ts';
import { skippedLines } from '../tables/skippedTable.ts';

interface ScanFlags extends CheckpointFlags, RunFlags {
  readonly step?: number;
  readonly out?: string;
  readonly list?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope scan optimizer.pt
  muonscope scan runs/gpt-124m/step_*.pt --params 124M --out my-study
  muonscope scan optimizer.pt --model model.safetensors --role attn --depth 0.5,1 --json
  muonscope scan https://host.example/optim.safetensors --list`;

export function addScan(program: Command): void {
  const command = program
    .command('scan')
    .description('spectra of the momentum in checkpoints of any framework, without Python')
    .argument('<checkpoint...>', 'files, folders or addresses: torch, distributed, safetensors, npy, npz');
  addRunFlags(addCheckpointFlags(command))
    .option('--step <n>', 'optimizer steps done, if the checkpoint does not tell', integerFlag('--step', 0))
    .option('--out <dir>', 'study to add the spectra to; laws, plan and report read it')
    .option('--list', 'only list the matrices')
    .option('--json', 'print the spectra as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runScan);
}

async function runScan(paths: readonly string[], flags: ScanFlags): Promise<void> {
  const { checkpointsAt } = await import('../../workflows/openMomentum.ts');
  const open = checkpointsAt(paths, findingOf(flags));
  const { step, out, list, json } = flags;
  const request = given({ ...choiceOf(flags), ...runOf(flags), step, out });
  if (list) {
    if (out !== undefined)
      throw new UsageError('scan: --list measures nothing, so --out has nothing to keep; leave one out');
    const { listMomentum } = await import('../../workflows/listMomentum.ts');
    const listed = await listMomentum(open, request);
    if (json) printJson(listed);
    else printListed(listed);
    return;
  }
  const { scanMomentum } = await import('../../workflows/scan.ts');
  const listener = createListener(json === true);
  const signal = interruptSignal(() => listener.interrupted());
  const scanned = await scanMomentum(open, request, listener, signal).finally(() => listener.end());
  if (scanned === null) {
    tell(stoppedObservingText(out));
    process.exitCode = INTERRUPTED;
    return;
  }
  tellSkipped(scanned);
  if (json) printJson(scanned);
  else printEnd(scanned, out);
}

interface ScanNews extends ScanListener {
  interrupted(): void;
  end(): void;
}

/** Prints a line a spectrum, unless stdout is left to JSON. */
function createListener(json: boolean): ScanNews {
  const progress = stderrProgress();
  const { bold, dim } = outputColours();
  let lines: ScanLines | null = null;
  let current = '';
  let [done, all] = [0, 0];
  return {
    opened: (checkpoint, matrices, recorded) => {
      current = printable(checkpoint.checkpoint.split(/[\\/]/).at(-1) ?? '', 40);
      [done, all] = [0, matrices.length];
      if (json) return;
      progress.end();
      lines = scanLines(matrices, outputWidth());
      print(bold(headline(checkpoint, matrices.length, recorded)));
      if (matrices.length > 0) print(...paragraph(SCAN_LEGEND).map(dim), lines.header);
    },
    measured: (spectrum, share) => {
      done++;
      if (!json && lines !== null) progress.above(process.stdout, lines.line(spectrum));
      progress.update({ label: current, done: share, total: 1, details: [`${done} of ${all} matrices`] });
    },
    skipped: () => {
      done++;
    },
    interrupted: () => progress.note('Stopping after the matrices under way ...'),
    end: () => progress.end(),
  };
}

function headline(checkpoint: ScannedCheckpoint, matrices: number, recorded: number): string {
  const { checkpoint: name, format, layout, step, stage } = checkpoint;
  const known = recorded === 0 ? '' : `, ${recorded} more measured before`;
  const what = stage === 'buffer' ? 'momentum buffer' : 'Nesterov blend';
  return `${printable(name)}: ${format}, ${layout}${step === null ? '' : `, step ${step}`}; ${what} of ${matrices} ${matrices === 1 ? 'matrix' : 'matrices'}${known}`;
}

function printEnd({ checkpoints, matrices }: ScannedMomentum, out: string | undefined): void {
  const several = checkpoints.length > 1 ? ` of ${checkpoints.length} checkpoints` : '';
  const runs = [...new Set(checkpoints.map(({ run }) => run))];
  const kept =
    out === undefined || matrices.length === 0
      ? ''
      : ` They are in ${printable(out)} as ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}; go on with: muonscope laws ${shellWord(out)}`;
  print('', ...paragraph(`${matrices.length} spectra${several}.${kept}`));
}

function tellSkipped({ checkpoints, skipped }: Pick<ScannedMomentum, 'checkpoints' | 'skipped'>): void {
  const notes = checkpoints.flatMap((checkpoint) => checkpoint.notes);
  tellSentences([...new Set([...skippedLines(skipped), ...notes.map((note) => printable(note, 400))])]);
}

function printListed({ checkpoints, skipped }: ListedMomentum): void {
  const { bold } = outputColours();
  for (const [i, checkpoint] of checkpoints.entries()) {
    const { params, matrices } = checkpoint;
    const size = params === null ? '' : `, ${formatCount(params)} parameters`;
    if (i > 0) print('');
    print(bold(`${headline(checkpoint, matrices.length, 0)}${size}`));
    if (matrices.length > 0) print(listTable(matrices, outputWidth()));
  }
  tellSkipped({ checkpoints, skipped });
}
