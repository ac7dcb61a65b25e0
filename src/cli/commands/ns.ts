import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { significant } from '../../base/numbers.ts';
import type { NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { DesignObjective, DesignRecord, RoundedRecord } from '../../workflows/designSchedule.ts';
import type { NsScheduleRecord, SpectrumSource } from '../../workflows/showSchedules.ts';
import { choiceFlag, countFlag, integerFlag, numberFlag, precisionFlag } from '../flags.ts';
import { outputColours, outputWidth, paragraph, print, printJson } from '../output.ts';
import { formatTable } from '../terminal.ts';

interface SpectrumFlags {
  readonly spectrum?: string;
  readonly laws: string;
  readonly role: string;
  readonly depth: number;
  readonly params: number;
}

interface ShowFlags extends SpectrumFlags {
  readonly steps?: number;
  readonly precision?: NsPrecision;
  readonly coefficients?: true;
  readonly json?: true;
}

interface DesignFlags extends SpectrumFlags {
  readonly lower?: number;
  readonly products: number;
  readonly objective: DesignObjective;
  readonly quantile: number;
  readonly precision: NsPrecision;
  readonly bound: number;
  readonly json?: true;
}

const OBJECTIVES: readonly DesignObjective[] = ['floor', 'distance', 'descent'];

export function addNs(program: Command): void {
  const ns = program
    .command('ns')
    .description('Newton-Schulz schedules: show published ones, design new ones')
    .addHelpText('after', '\nExample:\n  muonscope ns show\n  muonscope ns design --help');
  withSpectrum(
    ns
      .command('show')
      .description('what published schedules do to a singular value, and what they cost')
      .argument('[name...]', 'schedules by name; all if left out')
      .option('--steps <n>', "1 to 10 steps instead of each schedule's usual number", integerFlag('--steps'))
      .option('--coefficients', 'print a, b, c of each step')
      .option(
        '--precision <name>',
        'also predict what float32, bf16, fp16 or tf32 leaves of a spectrum',
        precisionFlag,
      ),
  )
    .option('--json', 'print the schedules as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope ns show\n  muonscope ns show jordan polar-express --steps 6 --coefficients\n  muonscope ns show deepseek-v4 --precision bf16 --role attn.o --depth 1 --params 300B',
    )
    .action(runShow);
  withSpectrum(
    ns
      .command('design')
      .description('coefficients for an interval or a spectrum')
      .option('--products <n>', 'matrix products: a quintic step takes 3, a cubic 2', integerFlag('--products', 2), 15)
      .option('--lower <l>', 'minimax composition for [l, 1] instead of a spectrum', numberFlag('--lower', 0, 1))
      .option('--objective <name>', OBJECTIVES.join(', '), choiceFlag('--objective', OBJECTIVES), 'floor')
      .option('--quantile <q>', 'direction down to which outputs matter', numberFlag('--quantile', 0, 1), 0.5)
      .option('--precision <name>', 'of the matrix products: float32, bf16, fp16, tf32', precisionFlag, 'float32')
      .option('--bound <output>', 'largest output on [0, 1.01], above 1', numberFlag('--bound', 1, 2), 1.3),
  )
    .option('--json', 'print the schedule as one JSON document')
    .addHelpText(
      'after',
      '\nA spectrum file holds all singular values, largest first, or JSON {"quantiles": [...], "values": [...], "shape": [m, n]}.' +
        '\n\nExample:\n  muonscope ns design --lower 5e-5 --products 21\n  muonscope ns design --role attn.o --depth 1 --params 300B --objective distance\n  muonscope ns design --spectrum sigma.txt --products 15 --precision bf16 --json',
    )
    .action(runDesign);
}

function withSpectrum(command: Command): Command {
  return command
    .option('--spectrum <file>', 'spectrum from a file instead of laws')
    .option('--laws <source>', '"published" (arXiv:2606.04058) or a study folder', 'published')
    .option('--role <name>', 'row of the laws', 'attn.o')
    .option('--depth <d>', 'row of the laws', numberFlag('--depth', 0, 1), 1)
    .option('--params <n>', 'size of the forecast, e.g. 1.5e9, 300B, 1T', countFlag('--params'), 300e9);
}

function sourceOf({ spectrum, laws, role, depth, params }: SpectrumFlags): SpectrumSource {
  return spectrum === undefined ? { laws, role, depth, params } : { file: spectrum };
}

async function runShow(names: readonly string[], flags: ShowFlags): Promise<void> {
  const { steps, precision, coefficients, json } = flags;
  const { showSchedules } = await import('../../workflows/showSchedules.ts');
  const rounding = precision === undefined ? undefined : { precision, spectrum: sourceOf(flags) };
  const document = showSchedules(names, steps, rounding);
  if (json) return printJson(document);
  const { dim } = outputColours();
  print(scheduleTable(document.schedules), '', ...paragraph(LEGEND).map(dim));
  if (coefficients) for (const schedule of document.schedules) print('', ...coefficientLines(schedule));
  if (precision !== undefined)
    for (const { name, rounded } of document.schedules)
      print(
        '',
        ...(rounded ? roundedLines(name, rounded) : [`${name}: no prediction, it rescales rows or columns first`]),
      );
}

async function runDesign(flags: DesignFlags): Promise<void> {
  const { lower, products, objective, quantile, precision, bound, json } = flags;
  if (lower !== undefined && (flags.spectrum !== undefined || objective !== 'floor'))
    throw new UsageError(
      'ns design: --lower designs for an interval; leave out --spectrum and --objective, or --lower',
    );
  const { designOnInterval, designOnSpectrum } = await import('../../workflows/designSchedule.ts');
  const document =
    lower === undefined
      ? designOnSpectrum(sourceOf(flags), products, { objective, quantile, precision, bound })
      : designOnInterval(lower, products, precision);
  if (json) return printJson(document);
  print(scheduleTable(document.schedules));
  for (const schedule of document.schedules) {
    print('', ...coefficientLines(schedule));
    if (schedule.design) print('', ...designLines(schedule.design));
    if (schedule.rounded) print('', ...roundedLines(schedule.name, schedule.rounded));
  }
}

function designLines({ objective, spectrum, value, rival, above, highest, bound }: DesignRecord): readonly string[] {
  const against = rival === null ? '' : `; ${rival.name} reaches ${significant(rival.value)} at the same cost`;
  return [
    `${objective} on ${spectrum}: ${significant(value)}${against}`,
    `outputs ${significant(above[0])} to ${significant(above[1])} from the quantile up, at most ${significant(highest)} on [0, 1.01] (bound ${bound})`,
  ];
}

function roundedLines(name: string, { precision, spectrum, outputs }: RoundedRecord): readonly string[] {
  return [
    `${name} in ${precision} on ${spectrum}:`,
    formatTable(
      [
        { title: 'quantile', align: 'right' },
        { title: 'sigma', align: 'right' },
        { title: 'output', align: 'right' },
        { title: 'exact arithmetic', align: 'right' },
        { title: 'limit of any steps', align: 'right' },
      ],
      outputs.map(({ quantile, sigma, output, exact, limit }) => [
        String(quantile),
        ...[sigma, output, exact, limit].map((number) => significant(number)),
      ]),
      { width: outputWidth() },
    ),
  ];
}

const LEGEND =
  'products: matrix products of one update; slope: that of the output at 0; 0.1 to 0.9: smallest singular value of M / ||M||_F from which the output stays at least that; beyond: lowest and highest output above the last of them';

/** A narrower terminal has no room for the slope. */
const FULL_WIDTH = 84;

function scheduleTable(schedules: readonly NsScheduleRecord[]): string {
  const width = outputWidth();
  const full = width === undefined || width >= FULL_WIDTH;
  const level = (value: number | null): string => (value === null ? 'never' : significant(value, 3));
  return formatTable(
    [
      { title: 'schedule', align: 'left' },
      { title: 'products', align: 'right' },
      ...(full ? [{ title: 'slope', align: 'right' } as const] : []),
      { title: '0.1', align: 'right' },
      { title: '0.5', align: 'right' },
      { title: '0.7', align: 'right' },
      { title: '0.9', align: 'right' },
      { title: 'beyond', align: 'right' },
    ],
    schedules.map(({ name, products, slopeAtZero, thresholds, range }) => [
      name,
      String(products),
      ...(full ? [significant(slopeAtZero, 4)] : []),
      level(thresholds['0.1']),
      level(thresholds['0.5']),
      level(thresholds['0.7']),
      level(thresholds['0.9']),
      range === null ? '-' : `${range[0].toFixed(2)} to ${range[1].toFixed(2)}`,
    ]),
    { width },
  );
}

function coefficientLines({ name, source, entry, coefficients }: NsScheduleRecord): readonly string[] {
  const norm = entry.normalisation === 'frobenius' ? '||M||_F' : 'the AOL rescaling';
  const entryText = `M / (${entry.scale === 1 ? '' : `${entry.scale} `}${norm} + ${significant(entry.epsilon, 2)})`;
  const rows = coefficients.map((row, i) => `  ${String(i + 1).padStart(2)}  ${row.join('  ')}`);
  return [`${name}: ${source}`, `  entry ${entryText}`, ...rows];
}
