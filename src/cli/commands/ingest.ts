import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { shellWord } from '../../base/shellWord.ts';
import type { IngestedFile } from '../../workflows/ingest.ts';
import { addRunFlags, given, type RunFlags, runOf } from '../checkpointFlags.ts';
import { integerFlag } from '../flags.ts';
import {
  INTERRUPTED,
  interruptSignal,
  paragraph,
  print,
  printJson,
  stoppedObservingText,
  tell,
  tellSentences,
} from '../output.ts';

interface IngestFlags extends RunFlags {
  readonly out: string;
  readonly step?: number;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope ingest spectra.jsonl --out my-study
  muonscope ingest rank0.jsonl rank1.jsonl archive.parquet --out my-study --run gpt-124m`;

export function addIngest(program: Command): void {
  const command = program
    .command('ingest')
    .description('add spectra that were recorded elsewhere to a study: recorder logs, JSON lines, CSV, Parquet')
    .argument('<file...>', 'lines or rows of muonscope.spectrum/1; CSV and Parquet as export writes them')
    .requiredOption('--out <dir>', 'study to add them to, made if there is none');
  addRunFlags(command, 'what the lines say')
    .option('--step <n>', 'of spectra that say none', integerFlag('--step', 0))
    .option('--json', 'print what was added as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runIngest);
}

async function runIngest(files: readonly string[], flags: IngestFlags): Promise<void> {
  const { ingestLogs } = await import('../../workflows/ingest.ts');
  const { out, step, json } = flags;
  const signal = interruptSignal(() => tell('Stopping ...'));
  const result = await ingestLogs(files, { out, ...given({ ...runOf(flags), step }) }, signal);
  if (result === null) {
    tell(stoppedObservingText(out));
    process.exitCode = INTERRUPTED;
    return;
  }
  if (json) printJson(result);
  else {
    for (const file of result.files) print(...paragraph(fileText(file)));
    print('', ...paragraph(`The study is in ${printable(out)}; go on with: muonscope laws ${shellWord(out)}`));
  }
  tellSentences(result.files.flatMap(fileNotes));
}

function fileText({ file, format, runs, added, duplicates }: IngestedFile): string {
  const to = runs.length === 0 ? 'no run' : `${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}`;
  const again = duplicates === 0 ? '' : `, ${duplicates} known before`;
  return `${printable(file)}: ${format}, ${added} spectra added to ${to}${again}`;
}

/** Lines that are named one by one, of numbers alone and with what is wrong. */
const [NUMBERS_TOLD, LINES_TOLD] = [5, 3];

function fileNotes({ file, cut, notFinite, foreign }: IngestedFile): readonly string[] {
  const name = printable(file);
  const lines = cut.slice(0, NUMBERS_TOLD).join(', ') + (cut.length > NUMBERS_TOLD ? ', ...' : '');
  const fields = notFinite.slice(0, LINES_TOLD).map(({ line, field }) => `line ${line}: ${printable(field, 100)}`);
  if (notFinite.length > LINES_TOLD) fields.push('...');
  return [
    ...(cut.length === 0
      ? []
      : [
          `${name}: ${cut.length} ${cut.length === 1 ? 'line is' : 'lines are'} cut off or damaged and left out (line ${lines})`,
        ]),
    ...(notFinite.length === 0
      ? []
      : [
          `${name}: ${notFinite.length} ${notFinite.length === 1 ? 'spectrum with a number that is not finite is' : 'spectra with numbers that are not finite are'} left out (${fields.join('; ')}); look at the training there`,
        ]),
    ...(foreign === 0 ? [] : [`${name}: ${foreign} records of other schemas are left out`]),
  ];
}
