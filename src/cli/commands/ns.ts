import type { Command } from 'commander';
import { significant } from '../../base/numbers.ts';
import type { NsScheduleRecord } from '../../workflows/showSchedules.ts';
import { integerFlag } from '../flags.ts';
import { outputColours, outputWidth, paragraph, print, printJson } from '../output.ts';
import { formatTable } from '../terminal.ts';

interface ShowFlags {
  readonly steps?: number;
  readonly coefficients?: true;
  readonly json?: true;
}

export function addNs(program: Command): void {
  program
    .command('ns')
    .description('Newton-Schulz schedules')
    .addHelpText('after', '\nExample:\n  muonscope ns show')
    .command('show')
    .description('what published schedules do to a singular value, and what they cost')
    .argument('[name...]', 'schedules by name; all if left out')
    .option('--steps <n>', "1 to 10 steps instead of each schedule's usual number", integerFlag('--steps'))
    .option('--coefficients', 'print a, b, c of each step')
    .option('--json', 'print the schedules as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  muonscope ns show\n  muonscope ns show jordan polar-express --steps 6 --coefficients',
    )
    .action(runShow);
}

async function runShow(names: readonly string[], { steps, coefficients, json }: ShowFlags): Promise<void> {
  const { showSchedules } = await import('../../workflows/showSchedules.ts');
  const document = showSchedules(names, steps);
  if (json) return printJson(document);
  const { dim } = outputColours();
  print(scheduleTable(document.schedules), '', ...paragraph(LEGEND).map(dim));
  if (coefficients) for (const schedule of document.schedules) print('', ...coefficientLines(schedule));
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
