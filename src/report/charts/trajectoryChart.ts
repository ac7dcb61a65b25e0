/** Quantiles of the momentum's spectrum over the steps of one run: roles as rows, depths as columns, plateau shaded. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import { chartDepths, chartQuantiles, depthLabel, quantileRank, roleLabel, rolesOf, shortLabel } from '../cells.ts';
import { GRID, MUTED, QUANTILE_INKS, TEXT, WINDOW } from '../palette.ts';
import type { TrackedQuantile } from '../reportData.ts';
import { formatPower, type LinePoint, logDomain, logTicks, thinLine } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, chartName, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';

const ROW_HEIGHT = 118;
const MARGIN = { left: 70, right: 96, top: 26, bottom: 50 };
/** Room above the highest line for the verdict. */
const HEADROOM = 3;
/** Pixel columns a line is thinned to: a panel is about 190 px wide. */
const COLUMNS = 16;

/** What a panel marks: the verdict on the quantile nearest the median. */
interface Shown {
  readonly role: string;
  readonly column: string;
  readonly plateau: TrackedQuantile['plateau'];
}

/**
 * @param run shown in the title
 * @param tracked quantiles of this run only; those the chart has no room for are left out
 * @returns null if there is no positive value to draw
 */
export function trajectoryChart(run: string, tracked: readonly TrackedQuantile[]): Chart | null {
  const depths = chartDepths(tracked.map((t) => t.trajectory));
  const quantiles = chartQuantiles(tracked.map((t) => t.trajectory.quantile));
  const shown = tracked.filter(
    ({ trajectory }) => depths.includes(trajectory.depth) && quantiles.includes(trajectory.quantile),
  );
  const domain = logDomain(
    shown.flatMap(({ trajectory }) => trajectory.values),
    1.25,
    HEADROOM,
  );
  if (domain === null) return null;
  const roles = rolesOf(shown.map((t) => t.trajectory));
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * roles.length;
  const keys = legend(keysOf(quantiles), MARGIN.left);
  return {
    name: `trajectories-${chartName(run)}`,
    title: `Quantiles of the momentum's singular values, run ${shortLabel(run)}`,
    description: `Small multiples of ${roles.length} roles by ${depths.length} depths over the steps, on a logarithmic scale.`,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        ...plotOptions(shown, domain),
        height,
        fy: { domain: roles, tickFormat: roleLabel, label: null },
      }) +
      axisTitles(
        { x: 'step', y: 'singular value σ of the normalised momentum (log scale)' },
        { ...MARGIN, top: keys.height, height },
      ),
  };
}

function keysOf(quantiles: readonly number[]): LegendKey[] {
  return [
    ...quantiles.map(
      (q): LegendKey => ({ label: `q = ${significant(q)}`, mark: 'line', ink: QUANTILE_INKS[quantileRank(q)]! }),
    ),
    { label: 'settled value', mark: 'dotted', ink: TEXT },
    { label: `plateau window of q = ${significant(medianMost(quantiles))}`, mark: 'square', ink: WINDOW },
  ];
}

function plotOptions(shown: readonly TrackedQuantile[], domain: readonly [number, number]): Plot.PlotOptions {
  const middle = medianMost(shown.map((t) => t.trajectory.quantile));
  const marked = shown
    .filter((t) => t.trajectory.quantile === middle)
    .map(
      ({ trajectory, plateau }): Shown => ({
        role: trajectory.role,
        column: depthLabel(trajectory.depth),
        plateau,
      }),
    );
  const facet = { fx: 'column', fy: 'role' };
  const columns = chartDepths(shown.map((t) => t.trajectory)).map(depthLabel);
  return {
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    fx: { domain: columns, label: null, padding: 0.06 },
    x: { label: null, nice: false },
    y: { type: 'log', domain: [...domain], label: null },
    marks: [
      Plot.rect(marked, {
        ...facet,
        x1: (d: Shown) => d.plateau.window[0],
        x2: (d: Shown) => d.plateau.window[1],
        fill: WINDOW.light,
      }),
      Plot.gridY(logTicks(domain), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisX({ ticks: 4, tickFormat: (value: number) => formatCount(value), label: null }),
      Plot.axisY(logTicks(domain), { tickFormat: formatPower, label: null }),
      Plot.frame({ stroke: GRID.light }),
      ...shown.flatMap(quantileMarks),
      ...verdictMarks(
        marked.filter((d) => d.plateau.verdict === 'settled'),
        { fill: MUTED.light },
      ),
      ...verdictMarks(
        marked.filter((d) => d.plateau.verdict !== 'settled'),
        { fill: TEXT.light, fontWeight: 700 },
      ),
    ],
  };
}

/** The verdict in the top right corner of each panel. */
function verdictMarks(
  marked: readonly Shown[],
  look: { readonly fill: string; readonly fontWeight?: number },
): Plot.Markish[] {
  const text = { text: (d: Shown) => d.plateau.verdict, frameAnchor: 'top-right', dx: -4, dy: 4 } as const;
  return [Plot.text(marked, { fx: 'column', fy: 'role', ...ANNOTATION, ...look, ...text })];
}

/** The line of one quantile, and its settled value as a dotted stretch over the window. */
function quantileMarks({ trajectory, plateau }: TrackedQuantile): Plot.Markish[] {
  const { role, depth, quantile, steps, values } = trajectory;
  const at = { fx: () => depthLabel(depth), fy: () => role, x: 'x', y: 'y' };
  const points = steps.map((x, i) => ({ x, y: values[i]! })).filter((point) => point.y > 0);
  const line = Plot.line(thinLine(points, COLUMNS), {
    ...at,
    stroke: QUANTILE_INKS[quantileRank(quantile)]!.light,
    strokeWidth: 1.2,
  });
  if (plateau.value === null || plateau.verdict !== 'settled') return [line];
  const ends: LinePoint[] = plateau.window.map((x) => ({ x, y: plateau.value! }));
  return [line, Plot.line(ends, { ...at, stroke: TEXT.light, strokeWidth: 1.4, strokeDasharray: '1.5,3' })];
}

function medianMost(quantiles: readonly number[]): number {
  return quantiles.reduce((best, q) => (Math.abs(q - 0.5) < Math.abs(best - 0.5) ? q : best));
}
