/** Pooled exponents with their intervals by role and depth, published ones beside them. */
import * as Plot from '@observablehq/plot';
import { significant } from '../../base/numbers.ts';
import { mean } from '../../base/sums.ts';
import type { LawsDocument, PooledLaw } from '../../scaling/law.ts';
import { type Cell, chartDepths, depthLabel, isSameCell, roleLabel, rolesOf } from '../cells.ts';
import { BASELINE, CATEGORY_INKS, GRID } from '../palette.ts';
import { axisTitles, type Chart, panel } from './chart.ts';
import { legend } from './legend.ts';

const ROW_HEIGHT = 34;
const MARGIN = { left: 92, right: 16, top: 26, bottom: 50 };
const [OURS, PUBLISHED] = [CATEGORY_INKS[0]!, CATEGORY_INKS[1]!];

/** @returns null if no exponent was pooled */
export function exponentChart(document: LawsDocument, published: LawsDocument | null): Chart | null {
  if (document.pooled.length === 0) return null;
  const depths = chartDepths(document.pooled);
  const pooled = document.pooled.filter((law) => depths.includes(law.depth));
  const beside = published?.pooled.filter((law) => pooled.some((own) => isSameCell(own, law))) ?? [];
  const baselines = pooled.flatMap((law) => baselineOf(document, law));
  const domain = domainOf(
    [...pooled, ...beside],
    baselines.map((b) => b.exponent),
  );
  const roles = rolesOf(pooled);
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * roles.length;
  const keys = legend(
    [
      { label: 'this study, 95 % interval', mark: 'point', ink: OURS },
      ...(beside.length > 0 ? [{ label: 'published, 95 % interval', mark: 'ring', ink: PUBLISHED } as const] : []),
      { label: '1/√r alone', mark: 'dotted', ink: BASELINE },
    ],
    MARGIN.left,
  );
  return {
    name: 'exponents',
    title: 'Pooled exponents by role and depth',
    description:
      'Larger means that singular values fall faster with model size. The numbers are in the table of pooled exponents.',
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        height,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        fx: { domain: depths.map(depthLabel), label: null, padding: 0.06 },
        x: { label: null, domain },
        y: { type: 'band', domain: roles, label: null, padding: 0 },
        marks: [
          ...baselineMarks(baselines),
          ...intervalMarks(pooled, domain, 'circle'),
          ...intervalMarks(beside, domain, 'diamond'),
        ],
      }) +
      axisTitles(
        { x: 'pooled exponent e: singular values fall as model size to the power −e', y: '' },
        { ...MARGIN, top: keys.height, height },
      ),
  };
}

const facet = { fx: (cell: Cell) => depthLabel(cell.depth) };

/** Axes, grid and the 1/sqrt(r) exponent of each cell. */
function baselineMarks(baselines: readonly (Cell & { readonly exponent: number })[]): Plot.Markish[] {
  const look = { stroke: BASELINE.light, strokeWidth: 1.5, strokeDasharray: '1.5,3' };
  return [
    Plot.axisY({ tickSize: 0, label: null, tickFormat: roleLabel }),
    Plot.axisX({ ticks: 4, label: null, tickFormat: (value: number) => significant(value) }),
    Plot.gridX({ ticks: 4, stroke: GRID.light, strokeOpacity: 1 }),
    Plot.frame({ stroke: GRID.light }),
    Plot.tickX(baselines, { ...facet, y: 'role', x: 'exponent', ...look }),
  ];
}

/** Our own as filled circles, published ones as open diamonds just below; intervals end at the frame. */
function intervalMarks(
  pooled: readonly PooledLaw[],
  [low, high]: readonly [number, number],
  symbol: 'circle' | 'diamond',
): Plot.Markish[] {
  const [ink, dy] = symbol === 'circle' ? [OURS.light, -4] : [PUBLISHED.light, 6];
  const filled = symbol === 'circle' ? { fill: ink, r: 3.5 } : { stroke: ink, symbol, r: 4, strokeWidth: 1.5 };
  return [
    Plot.ruleY(pooled, {
      ...facet,
      y: 'role',
      x1: (law: PooledLaw) => Math.max(low, law.low),
      x2: (law: PooledLaw) => Math.min(high, law.high),
      stroke: ink,
      strokeWidth: 1.5,
      dy,
    }),
    Plot.dot(pooled, { ...facet, y: 'role', x: 'exponent', ...filled, dy }),
  ];
}

/** Mean over the quantiles of a cell of the exponent that 1/sqrt(r) predicts; nothing where shapes are unknown. */
function baselineOf(document: LawsDocument, cell: Cell): (Cell & { readonly exponent: number })[] {
  const exponents = document.laws.flatMap((law) =>
    isSameCell(law, cell) && law.baselineExponent !== null ? [law.baselineExponent] : [],
  );
  return exponents.length === 0 ? [] : [{ role: cell.role, depth: cell.depth, exponent: mean(exponents) }];
}

/** Every exponent and every interval, cut to three times the spread of the exponents: wide intervals hide the rest. */
function domainOf(pooled: readonly PooledLaw[], baselines: readonly number[]): [number, number] {
  const centres = [...pooled.map((law) => law.exponent), ...baselines, 0];
  const [low, high] = [Math.min(...centres), Math.max(...centres)];
  const room = high - low || 1;
  return [
    Math.max(low - room, Math.min(low - 0.05 * room, ...pooled.map((law) => law.low))),
    Math.min(high + room, Math.max(high + 0.05 * room, ...pooled.map((law) => law.high))),
  ];
}
