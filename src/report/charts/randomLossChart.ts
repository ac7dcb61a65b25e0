/** Share of directions that each schedule leaves below the level, against the smaller dimension. */
import * as Plot from '@observablehq/plot';
import { formatCount, formatShare } from '../../base/numbers.ts';
import type { RandomSpectra } from '../../spectra/randomSpectra.ts';
import { CATEGORY_INKS, GRID, type Ink, TEXT } from '../palette.ts';
import type { LossCurve } from '../randomReportData.ts';
import { number } from '../wording.ts';
import { logDomain, logTicks } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, panel } from './chart.ts';
import { type LegendMark, legend } from './legend.ts';

const HEIGHT = 380;
const MARGIN = { left: 70, right: 60, top: 12, bottom: 50 };
/** Lines end where a thousandth of a percent is left. */
const SMALLEST_SHARE = 1e-5;

interface Style {
  readonly schedule: string;
  readonly ink: Ink;
  readonly mark: Extract<LegendMark, 'line' | 'dashed'>;
}

/** @returns null if nothing is left behind anywhere */
export function randomLossChart(spectra: RandomSpectra, curves: readonly LossCurve[]): Chart | null {
  const { sizes, widths, level, share } = spectra;
  const styles = widths.map(({ schedule }, i): Style => {
    const ink = CATEGORY_INKS[i % CATEGORY_INKS.length]!;
    return { schedule, ink, mark: i < CATEGORY_INKS.length ? 'line' : 'dashed' };
  });
  const measured = sizes.flatMap(({ afterNs }) => afterNs.map(({ below }) => below));
  const xDomain = logDomain(
    curves.flatMap(({ points }) => points.map(({ rows }) => rows)),
    1,
  );
  const yDomain = logDomain([SMALLEST_SHARE, share, ...measured], 1, 1.6);
  if (xDomain === null || yDomain === null) return null;
  const keys = legend(
    [
      ...styles.map(({ schedule, ink, mark }) => ({ label: schedule, mark, ink })),
      { label: 'measured', mark: 'point', ink: TEXT },
    ],
    MARGIN.left,
  );
  return {
    name: 'random-loss',
    title: `Directions left below ${number(level)} against the smaller dimension`,
    description: `Lines of ${styles.length} schedules by Marchenko-Pastur and the exact response, points measured; both axes logarithmic.`,
    height: keys.height + HEIGHT,
    body:
      keys.body +
      panel(keys.height, optionsOf(spectra, curves, styles, xDomain, yDomain)) +
      axisTitles(
        { x: 'smaller dimension r (log scale)', y: 'share of directions (log scale)' },
        { ...MARGIN, top: keys.height, height: HEIGHT },
      ),
  };
}

function optionsOf(
  { sizes, share }: RandomSpectra,
  curves: readonly LossCurve[],
  styles: readonly Style[],
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
): Plot.PlotOptions {
  const measured = sizes.flatMap(({ rows, afterNs }) => afterNs.map((after) => ({ rows, ...after })));
  // Points outside the frame are left out rather than clipped: clip paths need names that are unique in a page.
  const visible = ({ below }: { readonly below: number }): boolean => below >= yDomain[0] && below <= yDomain[1];
  return {
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: { type: 'log', domain: [...xDomain], label: null },
    y: { type: 'log', domain: [...yDomain], label: null },
    marks: [
      Plot.gridX(logTicks(xDomain, 8), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.gridY(logTicks(yDomain, 6), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisX(logTicks(xDomain, 8), { tickFormat: formatCount, label: null }),
      Plot.axisY(logTicks(yDomain, 6), { tickFormat: (value: number) => formatShare(value, 1), label: null }),
      Plot.frame({ stroke: GRID.light }),
      Plot.ruleY([share], { stroke: TEXT.light, strokeWidth: 1, strokeDasharray: '2,3' }),
      ...styles.flatMap(({ schedule, ink, mark }) => [
        Plot.line(
          curves.filter((curve) => curve.schedule === schedule).flatMap(({ points }) => points.filter(visible)),
          {
            x: 'rows',
            y: 'below',
            stroke: ink.light,
            strokeWidth: 1.4,
            ...(mark === 'dashed' ? DASHES : {}),
          },
        ),
        Plot.dot(
          measured.filter((point) => point.schedule === schedule && visible(point)),
          { x: 'rows', y: 'below', fill: ink.light, r: 2.6 },
        ),
      ]),
      Plot.text([share], {
        ...ANNOTATION,
        frameAnchor: 'right',
        y: (value: number) => value,
        text: (value: number) => formatShare(value),
        textAnchor: 'start',
        dx: 6,
        fill: TEXT.light,
      }),
    ],
  };
}

const DASHES = { strokeDasharray: '5,3' };
