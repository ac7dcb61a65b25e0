/** Tables of schedules: what they do, what they cost, what rounding leaves of them, how far a design got. */
import { formatCount, formatShare, significant } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { ComparedDesigns } from '../../workflows/compareDesigns.ts';
import type { DesignRecord, IntervalRecord, RoundedRecord } from '../../workflows/designSchedule.ts';
import type { CostRecord, NsScheduleRecord } from '../../workflows/showSchedules.ts';
import { type Column, formatTable } from '../terminal.ts';

/** A narrower terminal has no room for the slope. */
const FULL_WIDTH = 84;

/** What the columns of {@link scheduleTable} are, in one line. */
export const SCHEDULE_LEGEND: string =
  'products: matrix products of one update; slope: that of the output at 0; 0.1 to 0.9: smallest singular value of M / ||M||_F whose output reaches that; beyond: lowest and highest output from the last of them up to 1';

export function scheduleTable(schedules: readonly NsScheduleRecord[], width?: number): string {
  const full = width === undefined || width >= FULL_WIDTH;
  const level = (value: number | null): string => (value === null ? 'never' : significant(value));
  return formatTable(
    [
      left('schedule'),
      right('products'),
      ...(full ? [right('slope')] : []),
      ...['0.1', '0.5', '0.7', '0.9', 'beyond'].map(right),
    ],
    schedules.map(({ name, products, slopeAtZero, thresholds, range }) => [
      name,
      String(products),
      ...(full ? [significant(slopeAtZero, 5)] : []),
      level(thresholds['0.1']),
      level(thresholds['0.5']),
      level(thresholds['0.7']),
      level(thresholds['0.9']),
      range === null ? '-' : `${range[0].toFixed(2)} to ${range[1].toFixed(2)}`,
    ]),
    { width },
  );
}

/** Source, what is folded in, entry and the coefficients of a schedule, to all digits. */
export function coefficientLines(schedule: NsScheduleRecord): readonly string[] {
  const { name, source, foldedIn, entry, coefficients } = schedule;
  const norm = entry.normalisation === 'frobenius' ? '||M||_F' : '(its AOL row or column norms)';
  const scale = entry.scale === 1 ? '' : `${entry.scale} `;
  return [
    `${name}: ${source}`,
    `  entry M / (${scale}${norm} + ${significant(entry.epsilon, 2)}); folded in: ${foldedIn ?? 'nothing'}`,
    ...coefficients.map((row, i) => `  ${String(i + 1).padStart(2)}  ${row.join('  ')}`),
  ];
}

/** Operations of every way of computing, or their share of a training step, a schedule a row. */
export function costTable(schedules: readonly NsScheduleRecord[], width?: number): string {
  const costs = schedules.flatMap(({ name, cost }) => (cost ? [{ name, cost }] : []));
  const cell = ({ flops, trainingShare }: CostRecord['ways'][number]): string =>
    trainingShare === undefined ? significant(flops) : formatShare(trainingShare);
  return formatTable(
    [left('schedule'), right('products'), ...['direct', 'symmetric', 'Gram', 'Gram sym.', '+ deflation'].map(right)],
    costs.map(({ name, cost }) => [name, String(cost.products), ...cost.ways.map(cell), cell(deflationOf(cost))]),
    { width },
  );
}

/** What the numbers of {@link costTable} are. */
export function costLegend({ shape: [rows, columns], tokensPerStep }: CostRecord): string {
  const what =
    tokensPerStep === undefined
      ? 'floating-point operations'
      : `share of the forward and backward pass of its weights at ${formatCount(tokensPerStep)} tokens a step`;
  return `${what}, for one ${rows} x ${columns} matrix: steps on the matrix itself with dense kernels (direct) or symmetric ones, on its Gram matrix likewise, and what deflation of the top direction adds`;
}

/** The operations that deflation adds, like those of a way of computing. */
function deflationOf({ deflationFlops, ways }: CostRecord): CostRecord['ways'][number] {
  const [direct] = ways as [CostRecord['ways'][number]]; // costRecord lists four
  const { flops, trainingShare } = direct;
  return {
    ...direct,
    flops: deflationFlops,
    ...(trainingShare === undefined ? {} : { trainingShare: (trainingShare * deflationFlops) / flops }),
  };
}

/** Outputs by quantile; what rounding does to them where it does something; those of the rival where there is one. */
export function outputTable(
  { precision, outputs }: RoundedRecord,
  rival: DesignRecord['rival'] = null,
  width?: number,
): string {
  const rounds = precision !== 'float32';
  return formatTable(
    [
      ...['quantile', 'sigma', 'output'].map(right),
      ...(rounds ? ['exact arithmetic', 'limit of any steps'].map(right) : []),
      ...(rival ? [right(rival.name)] : []),
    ],
    outputs.map(({ quantile, sigma, output, exact, limit }, i) => [
      String(quantile),
      ...[sigma, output, ...(rounds ? [exact, limit] : []), ...(rival ? [rival.outputs[i]!] : [])].map((number) =>
        significant(number),
      ),
    ]),
    { width },
  );
}

/** What a design achieves, against what, and what it guarantees. */
export function designSentences({ design, products }: NsScheduleRecord): readonly string[] {
  if (design === undefined) return [];
  const { objective, spectrum, value, rival, above, highest, bound } = design;
  const against =
    rival === null
      ? `no published schedule of ${products} products keeps its outputs in range`
      : `${rival.name}, the best published with ${products} products, reaches ${significant(rival.value)} ` +
        `(margin: ${marginText(rival.margin)})`;
  return [
    `${objective} on ${printable(spectrum)}: ${significant(value)}; ${against}.`,
    `Outputs lie between ${significant(above[0])} and ${significant(above[1])} from the quantile up, and at most at ${significant(highest)} on all of [0, 1.01] (bound ${bound}).`,
  ];
}

/** What a minimax composition guarantees. */
export function intervalSentence({ lower, outputs: [low, high], cushion }: IntervalRecord): string {
  const [least, most] = [low, high].map((output) => significant(output, 6));
  const softer = cushion === 0 ? '' : ` Cushion ${significant(cushion, 4)}.`;
  return `Every singular value from ${significant(lower)} to 1 comes out between ${least} and ${most}.${softer}`;
}

/** "12 times", "8.1 %", "0.034 %": how much better, from a ratio of at least 1. */
export function marginText(margin: number | null): string {
  if (margin === null || margin > MOST_SHOWN) return `over ${MOST_SHOWN} times`;
  return margin < 2 ? formatShare(Math.max(0, margin - 1)) : `${significant(margin)} times`;
}

const MOST_SHOWN = 1000;

/** The margins of {@link marginTable} in a sentence. */
export function marginSentence(
  { rows }: ComparedDesigns,
  range: readonly [least: number, median: number, most: number] | null,
): string {
  if (range === null) return 'No published schedule of this cost keeps its outputs in range.';
  const [least, median, most] = range.map((margin) => marginText(margin));
  return `On ${rows.length} rows better by ${least} at least, by ${median} in the median, by ${most} at most.`;
}

/** Designs of one number of products and objective, a row of the laws a line. */
export function marginTable({ rows }: ComparedDesigns, width?: number): string {
  return formatTable(
    [left('role'), right('depth'), right('designed'), right('published'), left('by'), right('better')],
    rows.flatMap(({ role, depth, record: { design } }) => {
      if (design === undefined) return [];
      const { value, rival } = design;
      const against = rival ? [significant(rival.value), rival.name, marginText(rival.margin)] : ['-', '-', '-'];
      return [[printable(role), significant(depth), significant(value), ...against]];
    }),
    { width },
  );
}

function left(title: string): Column {
  return { title, align: 'left' };
}

function right(title: string): Column {
  return { title, align: 'right' };
}
