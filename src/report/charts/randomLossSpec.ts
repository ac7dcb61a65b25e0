/** Share of directions that each schedule leaves below the level, against the smaller dimension. */
import * as Plot from '@observablehq/plot';
import { formatCount, formatShare } from '../../base/numbers.ts';
import type { RandomSpectra } from '../../spectra/randomSpectra.ts';
import { CATEGORY_INKS, GRID, type Ink, TEXT } from '../palette.ts';
import type { LossCurve } from '../randomReportData.ts';
import { number } from '../wording.ts';
import { logDomain, logTicks } from './axis.ts';
import { ANNOTATION } from './chart.ts';
import { type ChartSpec, KEY_DASHES, type LineMark, type SpecPoint } from './chartSpec.ts';

const HEIGHT = 380;
const MARGIN = { left: 58, right: 54, top: 12, bottom: 34 };
/** Lines end where a thousandth of a percent is left. */
const SMALLEST_SHARE = 1e-5;

interface DrawnSchedule {
  readonly schedule: string;
  readonly ink: Ink;
  readonly mark: LineMark;
  readonly curve: LossCurve['points'];
  readonly measured: readonly { readonly rows: number; readonly below: number; readonly expectedBelow: number }[];
}

/** @returns null if nothing is left behind anywhere */
export function randomLossSpec(spectra: RandomSpectra, curves: readonly LossCurve[]): ChartSpec | null {
  const { sizes, level, share } = spectra;
  const all = sizes.flatMap(({ afterNs }) => afterNs.map(({ below }) => below));
  const xDomain = logDomain(
    curves.flatMap(({ points }) => points.map(({ rows }) => rows)),
    1,
  );
  const yDomain = logDomain([SMALLEST_SHARE, share, ...all], 1, 1.6);
  if (xDomain === null || yDomain === null) return null;
  const drawn = drawnSchedules(spectra, curves, yDomain);
  return {
    name: 'random-loss',
    title: `Directions left below ${number(level)} against the smaller dimension`,
    description: `Lines of ${drawn.length} schedules by Marchenko-Pastur and the exact response, points measured; both axes logarithmic.`,
    axes: { x: 'smaller dimension r (log scale)', y: 'share of directions (log scale)' },
    keys: [
      ...drawn.map(({ schedule, ink, mark }) => ({ id: schedule, label: schedule, ink, mark })),
      { id: 'measured', label: 'measured', mark: 'point', ink: TEXT },
    ],
    points: drawn.flatMap((one) => schedulePoints(one, level)),
    table: {
      columns: ['schedule', 'smaller dimension', 'share by law', 'share measured'],
      rows: (isShown) =>
        drawn
          .filter(({ schedule }) => isShown(schedule))
          .flatMap(({ schedule, curve, measured }) => [
            ...curve.map(({ rows, below }) => [schedule, rows, below, '']),
            ...(isShown('measured') ? measured : []).map((one) => [schedule, one.rows, one.expectedBelow, one.below]),
          ]),
    },
    plot: (width, isShown) => ({
      ...{ width, height: HEIGHT, marginLeft: MARGIN.left, marginRight: MARGIN.right },
      ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
      x: { type: 'log', domain: [...xDomain], label: null },
      y: { type: 'log', domain: [...yDomain], label: null },
      marks: [
        ...frameMarks(xDomain, yDomain, share, Math.max(2, Math.min(8, Math.floor(width / 80)))),
        ...drawn.filter(({ schedule }) => isShown(schedule)).flatMap((one) => scheduleMarks(one, isShown('measured'))),
      ],
    }),
  };
}

/** Points outside the frame are left out rather than clipped: clip paths need names that are unique in a page. */
function drawnSchedules(
  { sizes, widths }: RandomSpectra,
  curves: readonly LossCurve[],
  [low, high]: readonly [number, number],
): DrawnSchedule[] {
  const isVisible = ({ below }: { readonly below: number }): boolean => below >= low && below <= high;
  const outputs = sizes.flatMap(({ rows, afterNs }) => afterNs.map((after) => ({ rows, ...after })));
  return widths.map(({ schedule }, i) => ({
    schedule,
    ink: CATEGORY_INKS[i % CATEGORY_INKS.length]!,
    mark: i < CATEGORY_INKS.length ? 'line' : 'dashed',
    curve: curves.filter((one) => one.schedule === schedule).flatMap(({ points }) => points.filter(isVisible)),
    measured: outputs.filter((one) => one.schedule === schedule && isVisible(one)),
  }));
}

function schedulePoints({ schedule, curve, measured }: DrawnSchedule, level: number): SpecPoint[] {
  const at = (rows: number, below: number, text: string): SpecPoint => ({
    ...{ x: rows, y: below, key: schedule },
    text: [`${schedule}, r = ${formatCount(rows)}`, text],
  });
  return [
    ...curve.map(({ rows, below }) => at(rows, below, `${formatShare(below)} below ${number(level)} by law`)),
    ...measured.map(({ rows, below, expectedBelow }) =>
      at(rows, below, `${formatShare(below)} below ${number(level)}, ${formatShare(expectedBelow)} by law`),
    ),
  ];
}

function frameMarks(
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
  share: number,
  most: number,
): Plot.Markish[] {
  return [
    Plot.gridX(logTicks(xDomain, most), { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.gridY(logTicks(yDomain, 6), { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX(logTicks(xDomain, most), { tickFormat: formatCount, label: null }),
    Plot.axisY(logTicks(yDomain, 6), { tickFormat: (value: number) => formatShare(value, 1), label: null }),
    Plot.frame({ stroke: GRID.light }),
    Plot.ruleY([share], { stroke: TEXT.light, strokeWidth: 1, strokeDasharray: '2,3' }),
    Plot.text([share], {
      ...ANNOTATION,
      ...{ frameAnchor: 'right', textAnchor: 'start', dx: 6, fill: TEXT.light },
      y: (value: number) => value,
      text: (value: number) => formatShare(value),
    }),
  ];
}

function scheduleMarks({ ink, mark, curve, measured }: DrawnSchedule, withMeasured: boolean): Plot.Markish[] {
  const line = { x: 'rows', y: 'below', stroke: ink.light, strokeWidth: 1.4, strokeDasharray: KEY_DASHES[mark] };
  return [
    Plot.line(curve, line),
    Plot.dot(withMeasured ? measured : [], { x: 'rows', y: 'below', fill: ink.light, r: 2.6 }),
  ];
}
