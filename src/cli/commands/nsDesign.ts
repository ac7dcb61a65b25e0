import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { significant } from '../../base/numbers.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { DesignObjective, StepKind } from '../../workflows/designSchedule.ts';
import type { NsDocument } from '../../workflows/showSchedules.ts';
import { choiceFlag, integerFlag, numberFlag, precisionFlag } from '../flags.ts';
import { outputWidth, paragraph, print, printJson } from '../output.ts';
import { given, type SpectrumFlags, sourceOf, spectrumFlagsOf, withSpectrum } from '../spectrumFlags.ts';
import { coefficientLines, designSentences, intervalSentence, outputTable, scheduleTable } from '../tables/nsTables.ts';

interface DesignFlags extends SpectrumFlags {
  readonly lower?: number;
  readonly steps?: readonly StepKind[];
  readonly cushion?: number;
  readonly safety?: number;
  readonly safetyInto?: 'interval' | 'coefficients';
  readonly products?: number;
  readonly objective?: DesignObjective;
  readonly quantile?: number;
  readonly precision: NsPrecision;
  readonly bound?: number;
  readonly json?: true;
}

export const OBJECTIVES: readonly DesignObjective[] = ['floor', 'distance', 'descent'];

/** What is designed where nothing else is asked for. */
export const USUAL_DESIGN = { products: 15, quantile: 0.5, bound: 1.3 } as const;

const EXAMPLES = `
Objectives:
  floor     the smallest output down to the quantile, larger is better
  distance  the mean squared distance from 1 down to the quantile
  descent   sum s f(s) / sum s over all singular values s, for a largest output of 1

A spectrum file holds all singular values, largest first, or JSON
{"quantiles": [...], "values": [...], "shape": [m, n]} with values of X / ||X||_F.

Example:
  muonscope ns design --role attn.o --depth 1 --params 300B --objective distance
  muonscope ns design --spectrum sigma.txt --products 15 --precision bf16 --json
  muonscope ns design --lower 5e-5 --products 21
  muonscope ns design --lower 1e-3 --steps 4xquintic,2xcubic --safety 1.01`;

export function addNsDesign(ns: Command): void {
  const { products, quantile, bound } = USUAL_DESIGN;
  const command = ns
    .command('design')
    .description('coefficients for a spectrum or an interval')
    .option(
      '--products <n>',
      `matrix products: a quintic step takes 3, a cubic 2 (default: ${products})`,
      integerFlag('--products', 2),
    )
    .option('--objective <name>', `${OBJECTIVES.join(', ')} (default: floor)`, choiceFlag('--objective', OBJECTIVES))
    .option(
      '--quantile <q>',
      `direction down to which outputs matter (default: ${quantile})`,
      numberFlag('--quantile', 0, 1),
    )
    .option('--precision <name>', 'of the matrix products: float32, bf16, fp16, tf32', precisionFlag, 'float32')
    .option(
      '--bound <output>',
      `largest output on [0, 1.01], above 1 (default: ${bound})`,
      numberFlag('--bound', 1, 2),
    );
  withInterval(withSpectrum(command))
    .option('--json', 'print the schedule as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runDesign);
}

function withInterval(command: Command): Command {
  return command
    .option('--lower <l>', 'minimax composition for [l, 1] instead, from 1e-9 up', lowerFlag)
    .option('--steps <list>', 'with --lower, instead of --products: e.g. 5, or 4xquintic,2xcubic', stepsFlag)
    .option(
      '--cushion <c>',
      'with --lower: no step is made for less than c of its upper end',
      fromToBelow('--cushion', 0, 1),
    )
    .option('--safety <s>', 'with --lower: room of every step but the last, e.g. 1.01', fromToBelow('--safety', 1, 2))
    .addOption(
      new Option('--safety-into <where>', 'with --safety: by way of the interval, or afterwards').choices([
        'interval',
        'coefficients',
      ]),
    );
}

async function runDesign(flags: DesignFlags): Promise<void> {
  const document = await designed(flags);
  if (flags.json) return printJson(document);
  const width = outputWidth();
  print(scheduleTable(document.schedules, width));
  for (const schedule of document.schedules) {
    const { name, rounded, design, interval } = schedule;
    print('', ...coefficientLines(schedule));
    const sentences = interval ? [intervalSentence(interval)] : designSentences(schedule);
    print('', ...sentences.flatMap((sentence) => paragraph(sentence)));
    if (rounded) print('', `${name} in ${rounded.precision}:`, outputTable(rounded, design?.rival, width));
  }
}

async function designed(flags: DesignFlags): Promise<NsDocument> {
  const { lower, steps, cushion, safety, safetyInto, objective = 'floor', precision } = flags;
  const { quantile, bound, products } = { ...USUAL_DESIGN, ...flags };
  const { designOnInterval, designOnSpectrum } = await import('../../workflows/designSchedule.ts');
  if (lower === undefined) {
    const ofInterval = { '--steps': steps, '--cushion': cushion, '--safety': safety, '--safety-into': safetyInto };
    refuse(given(ofInterval), 'or give --lower, which they go with');
    return designOnSpectrum(sourceOf('ns design', flags), products, { objective, quantile, precision, bound });
  }
  refuseForInterval(flags);
  return designOnInterval({
    lower,
    size: steps ?? products,
    precision,
    room: {
      ...(cushion === undefined ? {} : { cushion }),
      ...(safety === undefined ? {} : { safety }),
      ...(safetyInto === undefined ? {} : { safetyFoldedInto: safetyInto }),
    },
  });
}

function refuseForInterval(flags: DesignFlags): void {
  const { objective, quantile, bound, steps, products, safety, safetyInto, precision } = flags;
  const ofSpectrum = given({ '--objective': objective, '--quantile': quantile, '--bound': bound });
  refuse([...spectrumFlagsOf(flags), ...ofSpectrum], 'with --lower, which designs for an interval, not for a spectrum');
  if (steps !== undefined) refuse(given({ '--products': products }), 'with --steps, which says as much');
  if (safety === undefined && precision !== 'bf16' && precision !== 'fp16')
    refuse(given({ '--safety-into': safetyInto }), 'or give --safety, which it is about');
}

function refuse(flags: readonly string[], reason: string): void {
  if (flags.length > 0) throw new UsageError(`ns design: leave out ${flags.join(', ')} ${reason}`);
}

/** Remez down to here; see designComposition. */
const SMALLEST_LOWER = 1e-9;

function lowerFlag(text: string): number {
  const value = numberFlag('--lower', 0, 1)(text);
  if (value < SMALLEST_LOWER)
    throw new UsageError(`--lower: expected at least ${significant(SMALLEST_LOWER)}, got "${text}"`);
  return value;
}

/** "5" -> five quintics; "4xquintic,2xcubic" -> as written. */
function stepsFlag(text: string): readonly StepKind[] {
  return text.split(',').flatMap((part) => {
    const match = /^(?:(\d{1,2})|(?:(\d{1,2})x)?(quintic|cubic))$/.exec(part.trim());
    const count = Number(match?.[1] ?? match?.[2] ?? (match ? 1 : 0));
    if (!match || count < 1)
      throw new UsageError(`--steps: expected a number of quintics, or e.g. 4xquintic,2xcubic, got "${text}"`);
    return Array<StepKind>(count).fill(match[3] === 'cubic' ? 'cubic' : 'quintic');
  });
}

/** @throws UsageError unless `text` is a number in [low, high) */
function fromToBelow(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= low && value < high))
      throw new UsageError(`${flag}: expected a number from ${low} to below ${high}, got "${text}"`);
    return value;
  };
}
