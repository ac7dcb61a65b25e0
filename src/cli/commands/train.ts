import type { Command } from 'commander';
import { ENGINES, type EngineName } from '../../workflows/engines.ts';
import type { TrainingChoices } from '../../workflows/presets.ts';
import type { Expectation } from '../../workflows/study.ts';
import { choiceFlag, integerFlag, numberFlag, textOption, updateFlag } from '../flags.ts';
import { INTERRUPTED, interruptSignal, outputWidth, print, printJson, stoppedText, tell } from '../output.ts';
import { createStudyListener } from '../studyProgress.ts';
import { runTable } from '../tables/runTable.ts';

interface TrainFlags {
  readonly layers: number;
  readonly width: number;
  readonly headSize: number;
  readonly context: number;
  readonly batch: number;
  readonly accumulation: number;
  readonly steps: number;
  readonly lr: number;
  readonly momentum: number;
  readonly convention: 'sum' | 'average';
  readonly nesterov?: true;
  readonly updateScale: 'original' | 'rms';
  readonly warmup: number;
  readonly ns: string;
  readonly nsSteps?: number;
  readonly update?: number;
  readonly text: readonly string[];
  readonly out: string;
  readonly resume?: true;
  readonly every?: number;
  readonly seed: number;
  readonly engine: EngineName;
  readonly json?: true;
}

export function addTrain(program: Command): void {
  program
    .command('train')
    .description('train one GPT with Muon and track the spectrum of its momentum')
    .requiredOption('--out <dir>', 'folder of the run')
    .option('--layers <n>', 'blocks', integerFlag('--layers'), 4)
    .option('--width <n>', 'of the residual stream, a multiple of the head size', integerFlag('--width'), 64)
    .option('--head-size <n>', 'of attention', integerFlag('--head-size'), 32)
    .option('--context <n>', 'tokens a sequence', integerFlag('--context'), 128)
    .option('--batch <n>', 'sequences a gradient evaluation', integerFlag('--batch'), 16)
    .option('--accumulation <n>', 'gradient evaluations a step', integerFlag('--accumulation'), 1)
    .option('--steps <n>', 'training steps', integerFlag('--steps'), 400)
    .option('--lr <rate>', "Muon's learning rate", numberFlag('--lr', 0, 1e3), 0.02)
    .option('--momentum <mu>', 'below 1', numberFlag('--momentum', 0, 0.9999), 0.95)
    .option(
      '--convention <name>',
      'sum: mu M + G; average: mu M + (1 - mu) G',
      choiceFlag('--convention', ['sum', 'average']),
      'sum',
    )
    .option('--nesterov', 'orthogonalise the Nesterov blend instead of the buffer')
    .option(
      '--update-scale <name>',
      'original: sqrt(max(1, m/n)); rms: 0.2 sqrt(max(m, n))',
      choiceFlag('--update-scale', ['original', 'rms']),
      'original',
    )
    .option('--warmup <steps>', 'of the learning rate', integerFlag('--warmup', 0), 0)
    .option('--ns <name>', 'Newton-Schulz schedule, see muonscope ns show', 'you5')
    .option('--ns-steps <n>', "instead of the schedule's usual number", integerFlag('--ns-steps'))
    .option(
      '--update <rule>',
      'rank:P keeps the top share P of directions of the exact polar factor, in place of NS',
      updateFlag,
    )
    .addOption(textOption())
    .option('--resume', 'go on with the run in --out')
    .option('--every <n>', 'steps between two spectra (default: as often as stays cheap)', integerFlag('--every'))
    .option('--seed <n>', 'of weights, batches and split', integerFlag('--seed', 0), 1)
    .option('--engine <name>', ENGINES.join(', '), choiceFlag('--engine', ENGINES), 'cpu')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', '\nExample:\n  muonscope train --layers 4 --width 64 --steps 300 --out my-run')
    .action(async (flags: TrainFlags, command: Command) => {
      const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
      await runTrain(flags, given);
    });
}

async function runTrain(flags: TrainFlags, given: (flag: string) => boolean): Promise<void> {
  const { out, engine, seed, text, every, json } = flags;
  const listener = createStudyListener({ json: json === true, out });
  const signal = interruptSignal(() => listener.interrupted());
  if (!flags.resume) listener.preparing();
  const { resumeTraining, startTraining } = await import('../../workflows/study.ts');
  const { SINGLE_RUN } = await import('../../workflows/presets.ts');
  const work = flags.resume
    ? resumeTraining({ out, engine }, await expectedOf(flags, given), listener, signal)
    : startTraining(
        {
          preset: SINGLE_RUN,
          rungs: [{ layers: flags.layers, width: flags.width }],
          choices: await choicesOf(flags),
          out,
          seed,
          text,
          target: SINGLE_RUN_TARGET,
          engine,
          ...(every === undefined ? {} : { every }),
        },
        listener,
        signal,
      );
  const outcome = await work.finally(() => listener.end());
  if (!outcome) {
    tell(stoppedText('train', out, listener.begun()));
    process.exitCode = INTERRUPTED;
  } else if (json) printJson({ schema: 'muonscope.train/1', out, runs: outcome.runs, report: outcome.reportPath });
  else print('', runTable(outcome.runs, outputWidth()), '', `Report: ${outcome.reportPath}`);
}

/** A single run is planned for by no law; the folder's format asks for a number all the same. */
const SINGLE_RUN_TARGET = 1e9;

async function choicesOf(flags: TrainFlags): Promise<Partial<TrainingChoices>> {
  const { catalogueSchedule } = await import('../../workflows/presets.ts');
  const { headSize, context, batch, accumulation, steps, lr, momentum, convention, updateScale, warmup } = flags;
  return {
    headSize,
    context,
    batch,
    accumulation,
    steps,
    muonLearningRate: lr,
    momentum,
    convention,
    nesterov: flags.nesterov === true,
    updateScale,
    warmupSteps: warmup,
    schedule: catalogueSchedule(flags.ns, flags.nsSteps),
    ...(flags.update === undefined ? {} : { rank: flags.update }),
  };
}

/** What a resume's flags say of the run, as far as they were given. */
async function expectedOf(flags: TrainFlags, given: (flag: string) => boolean): Promise<Expectation> {
  const { catalogueSchedule } = await import('../../workflows/presets.ts');
  const { layers, width, headSize, context, steps, batch, accumulation, momentum, convention, updateScale } = flags;
  const { seed, text, every, ns, nsSteps, lr, warmup } = flags;
  const only = <T extends object>(fields: T): Partial<T> =>
    Object.fromEntries(Object.entries(fields).filter(([flag]) => given(flag))) as Partial<T>; // a part of its fields
  return {
    ...only({ seed, text, every: every ?? 0 }),
    config: {
      ...only({ steps, batch, accumulation }),
      model: only({ layers, width, headSize, context }),
      muon: {
        ...only({ momentum, convention, updateScale, nesterov: true }),
        ...(given('lr') ? { learningRate: lr } : {}),
        ...(flags.update === undefined ? {} : { rank: flags.update }),
        ...(given('ns') || given('nsSteps') ? { schedule: { name: catalogueSchedule(ns, nsSteps).name } } : {}),
      },
      ...(given('warmup') ? { rate: { warmupSteps: warmup } } : {}),
    },
  };
}
