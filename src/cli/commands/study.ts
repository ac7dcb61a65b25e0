import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { formatCount } from '../../base/numbers.ts';
import { planSummary } from '../../report/planSentences.ts';
import { ENGINES, type EngineName } from '../../workflows/engines.ts';
import type { Preset, Rung } from '../../workflows/presets.ts';
import type { Expectation, StudyOutcome } from '../../workflows/study.ts';
import { choiceFlag, countFlag, integerFlag, sizesFlag, textOption } from '../flags.ts';
import { lawNotes, plainNotes } from '../notes.ts';
import {
  INTERRUPTED,
  interruptSignal,
  outputColours,
  outputWidth,
  paragraph,
  print,
  printJson,
  stoppedText,
  tell,
  tellNotes,
} from '../output.ts';
import { createStudyListener } from '../studyProgress.ts';
import { LAW_SUBJECT, lawLegend, lawTable, SHOWN_QUANTILE } from '../tables/lawTable.ts';
import { formatLegend } from '../tables/legend.ts';
import { planLegend, planTable } from '../tables/planTable.ts';
import { runTable } from '../tables/runTable.ts';

interface StudyFlags {
  readonly preset: string;
  readonly out?: string;
  readonly resume?: true;
  readonly text: readonly string[];
  readonly sizes?: readonly Rung[];
  readonly steps?: number;
  readonly every?: number;
  readonly target: number;
  readonly seed: number;
  readonly engine: EngineName;
  readonly json?: true;
}

const DEFAULT_PRESET = 'quick';
const DEFAULT_TARGET = 1e9;
/** Where studies go that are given no --out. */
const STUDIES = 'studies';

export function addStudy(program: Command): void {
  program
    .command('study')
    .description('train a ladder of GPTs, track the momentum spectra, fit the laws, plan Newton-Schulz, write a report')
    .option(
      '--preset <name>',
      'smoke (about 30 s), quick (under 5 minutes on two cores) or full (hours)',
      DEFAULT_PRESET,
    )
    .option('--out <dir>', `folder of the study (default: ${STUDIES}/<preset>, numbered if it exists)`)
    .option('--resume', 'go on with the study in --out, or with the last one of the preset')
    .addOption(textOption())
    .option('--sizes <list>', "layers x width of each rung instead of the preset's, e.g. 4x32,4x64", sizesFlag)
    .option('--steps <n>', "training steps instead of the preset's", integerFlag('--steps', 20))
    .option('--every <n>', 'steps between two spectra (default: as often as stays cheap)', integerFlag('--every'))
    .addOption(
      new Option('--target <params>', 'size to plan for, e.g. 1.5e9, 300B')
        .argParser(countFlag('--target'))
        .default(DEFAULT_TARGET, formatCount(DEFAULT_TARGET)),
    )
    .option('--seed <n>', 'of weights, batches and split', integerFlag('--seed', 0), 1)
    .option('--engine <name>', ENGINES.join(', '), choiceFlag('--engine', ENGINES), 'cpu')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', '\nExample:\n  muonscope study --preset smoke --out my-study --target 300B')
    .action(async (flags: StudyFlags, command: Command) => {
      const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
      await runStudyCommand(flags, given);
    });
}

async function runStudyCommand(flags: StudyFlags, given: (flag: string) => boolean): Promise<void> {
  const { presetNamed } = await import('../../workflows/presets.ts');
  const preset = presetNamed(flags.preset);
  const out = flags.resume ? folderToResume(flags, preset) : (flags.out ?? freeFolder(preset));
  const listener = createStudyListener({ json: flags.json === true, out });
  const signal = interruptSignal(() => listener.interrupted());
  if (!flags.resume) listener.preparing();
  const { startStudy, resumeStudy } = await import('../../workflows/study.ts');
  const work = flags.resume
    ? resumeStudy({ out, engine: flags.engine }, expectedOf(flags, given), listener, signal)
    : startStudy({ ...studyOptions(flags, preset), out }, listener, signal);
  const outcome = await work.finally(() => listener.end());
  if (!outcome) {
    tell(stoppedText('study', out, listener.begun()));
    process.exitCode = INTERRUPTED;
  } else if (flags.json) printJson(outcome.result);
  else printOutcome(outcome);
}

function studyOptions({ steps, sizes, every, text, seed, target, engine }: StudyFlags, preset: Preset) {
  return {
    preset,
    seed,
    text,
    target,
    engine,
    ...(sizes ? { rungs: sizes } : {}),
    ...(steps === undefined ? {} : { choices: { steps } }),
    ...(every === undefined ? {} : { every }),
  };
}

/** What a resume's flags say of the study, as far as they were given. */
function expectedOf(flags: StudyFlags, given: (flag: string) => boolean): Expectation {
  const { preset, seed, text, target, sizes, steps, every } = flags;
  return {
    ...(given('preset') ? { preset } : {}),
    ...(given('seed') ? { seed } : {}),
    ...(given('text') ? { text } : {}),
    ...(given('target') ? { target } : {}),
    ...(sizes ? { sizes } : {}),
    ...(steps === undefined ? {} : { config: { steps } }),
    ...(every === undefined ? {} : { every }),
  };
}

function printOutcome({ result, laws, reportPath, statements }: StudyOutcome): void {
  const { bold, dim } = outputColours();
  const width = outputWidth();
  print('', bold('Runs'), runTable(result.runs, width));
  print('', bold('Laws'), LAW_SUBJECT, ...formatLegend(lawLegend(SHOWN_QUANTILE)).map(dim), '');
  print(lawTable(laws, { width }), ...statements.flatMap((statement) => ['', ...paragraph(statement)]));
  print('', bold('Plan'), ...paragraph(planLegend(result.plan)).map(dim), planTable(result.plan, width), '');
  print(...paragraph(planSummary(result.plan)));
  tellNotes([...lawNotes(laws), ...plainNotes(result.plan.warnings)]);
  print('', `Report: ${bold(reportPath)}`);
}

/** STUDIES/<preset>, or the first of STUDIES/<preset>-2, -3, ... that does not exist. */
function freeFolder({ name }: Preset): string {
  for (let i = 1; ; i++) {
    const folder = join(STUDIES, i === 1 ? name : `${name}-${i}`);
    if (!existsSync(folder)) return folder;
  }
}

/** @throws UsageError if no --out is given and there is no study of the preset */
function folderToResume({ out }: StudyFlags, { name }: Preset): string {
  if (out !== undefined) return out;
  const number = (folder: string): number => Number(folder.slice(name.length + 1) || 1);
  const found = (existsSync(STUDIES) ? readdirSync(STUDIES) : [])
    .filter((folder) => folder === name || new RegExp(`^${name}-\\d+$`).test(folder))
    .sort((a, b) => number(a) - number(b));
  const last = found.at(-1);
  if (last === undefined)
    throw new UsageError(`study: expected a study of preset ${name} in ${STUDIES} to resume, found none; give --out`);
  return join(STUDIES, last);
}
