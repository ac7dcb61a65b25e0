import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { NsScheduleRecord } from '../../workflows/showSchedules.ts';
import { countFlag, integerFlag, precisionFlag, shapeFlag } from '../flags.ts';
import { outputColours, outputWidth, paragraph, print, printJson } from '../output.ts';
import { type SpectrumFlags, sourceOf, spectrumFlagsOf, withSpectrum } from '../spectrumFlags.ts';
import {
  coefficientLines,
  costLegend,
  costTable,
  outputTable,
  SCHEDULE_LEGEND,
  scheduleTable,
} from '../tables/nsTables.ts';

interface ShowFlags extends SpectrumFlags {
  readonly steps?: number;
  readonly precision?: NsPrecision;
  readonly shape?: readonly [number, number];
  readonly tokensPerStep?: number;
  readonly coefficients?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope ns show
  muonscope ns show jordan polar-express --steps 6 --coefficients
  muonscope ns show deepseek-v4 --precision bf16 --role attn.o --depth 1
  muonscope ns show jordan --shape 4096x16384 --tokens-per-step 4M`;

export function addNsShow(ns: Command): void {
  const command = ns
    .command('show')
    .description('what published schedules do to a singular value, and what they cost')
    .argument('[name...]', 'schedules by name; all if left out')
    .option('--steps <n>', "1 to 10 steps instead of each schedule's usual number", integerFlag('--steps'))
    .option('--coefficients', 'print a, b, c of each step, the source and what is folded in')
    .option('--precision <name>', 'predict what float32, bf16, fp16 or tf32 leaves of a spectrum', precisionFlag);
  withSpectrum(command)
    .option('--shape <m>x<n>', 'print the cost on a matrix of this shape', shapeFlag('--shape'))
    .option('--tokens-per-step <n>', 'as a share of a training step, e.g. 4M', countFlag('--tokens-per-step'))
    .option('--json', 'print the schedules as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runShow);
}

async function runShow(names: readonly string[], flags: ShowFlags): Promise<void> {
  const { steps, precision = 'float32', coefficients, shape, tokensPerStep, json } = flags;
  if (tokensPerStep !== undefined && shape === undefined)
    throw new UsageError('ns show: --tokens-per-step needs --shape, e.g. --shape 4096x16384');
  const onSpectrum = flags.precision !== undefined || spectrumFlagsOf(flags).length > 0;
  const { showSchedules } = await import('../../workflows/showSchedules.ts');
  const document = showSchedules(names, {
    ...(steps === undefined ? {} : { steps }),
    ...(onSpectrum ? { rounding: { precision, spectrum: sourceOf('ns show', flags) } } : {}),
    ...(shape ? { cost: { shape, ...(tokensPerStep === undefined ? {} : { tokensPerStep }) } } : {}),
  });
  if (json) return printJson(document);
  const { schedules } = document;
  printTables(schedules);
  if (coefficients) for (const schedule of schedules) print('', ...coefficientLines(schedule));
  if (onSpectrum) for (const schedule of schedules) printOutputs(schedule);
}

function printTables(schedules: readonly NsScheduleRecord[]): void {
  const { dim } = outputColours();
  const width = outputWidth();
  print(scheduleTable(schedules, width), '', ...paragraph(SCHEDULE_LEGEND).map(dim));
  const cost = schedules[0]?.cost;
  if (cost) print('', costTable(schedules, width), '', ...paragraph(costLegend(cost)).map(dim));
}

function printOutputs({ name, rounded }: NsScheduleRecord): void {
  if (rounded) {
    const heading = `${name} in ${rounded.precision} on ${printable(rounded.spectrum)}:`;
    print('', ...paragraph(heading), outputTable(rounded, null, outputWidth()));
  } else print('', `${name}: no prediction, it rescales rows or columns first`);
}
