/** Which schedule every layer runs: a row a kind of matrix, layers from left to right, a bar for each rule of the plan. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plan, PlanRule } from '../../planner/plan.ts';
import { shortLabel } from '../cells.ts';
import { GRID, type Ink, PAGE, SIZE_INKS, spreadInks } from '../palette.ts';
import { layersLabel, matrixLabel } from '../ruleBlocks.ts';
import { scheduleLabel } from '../wording.ts';
import type { ChartSpec, SpecKey, SpecPoint } from './chartSpec.ts';

const ROW_HEIGHT = 34;
const MARGIN = { right: 12, top: 8, bottom: 30 };
/** A letter of a bar's label, in pixels. */
const LETTER = 7;
/** Places of a whole row where its rule can be read off. */
const PLACES = 16;

/** A schedule with its remedy, as the legend shows it. */
interface Entry {
  readonly id: string;
  readonly label: string;
  readonly products: number;
}

/** Colours run with the products: darkest is dearest on a light page, lightest on a dark one. */
export function scheduleStripSpec({ rules = [], target, criterion }: Plan): ChartSpec {
  const entries = entriesOf(rules);
  const inks = spreadInks(SIZE_INKS, entries.length);
  const inkOf = (rule: PlanRule): Ink => inks[entries.findIndex(({ id }) => id === idOf(rule))] ?? SIZE_INKS[0]!;
  const matrices = [...new Set(rules.map(matrixLabel))];
  const longest = Math.max(4, ...matrices.map((name) => shortLabel(name, 20).length));
  const marginLeft = 16 + LETTER * longest;
  return {
    name: 'plan-layers',
    title: `Schedule of every layer at ${formatCount(target.params)} parameters`,
    description: `${matrices.length} kinds of matrix over ${target.layers} layers, with the matrix products of their schedules.`,
    axes: { x: 'layer', y: 'kind of matrix; numbers are matrix products' },
    keys: entries.map(
      ({ id, label, products }, i): SpecKey => ({ id, label: `${label} (${products})`, ink: inks[i]! }),
    ),
    points: rules.flatMap((rule) => rulePoints(rule, target.layers, criterion.quantile)),
    table: {
      columns: ['matrix', 'first layer', 'last layer', 'schedule', 'products', 'smallest sigma planned for', 'output'],
      rows: (isShown) =>
        rules
          .filter((rule) => isShown(idOf(rule)))
          .map((rule) => [
            ...[matrixLabel(rule), ...rule.layers, scheduleLabel(rule), rule.products],
            ...[rule.hardest.sigma, rule.hardest.output],
          ]),
    },
    plot: (width, isShown) => {
      const perLayer = (width - marginLeft - MARGIN.right) / Math.max(1, target.layers);
      const shown = rules.filter((rule) => isShown(idOf(rule)));
      const room = ({ layers: [first, last] }: PlanRule): number => (last - first + 1) * perLayer;
      const ink = (rule: PlanRule): string => inkOf(rule).light;
      const at = { fy: matrixLabel };
      return {
        ...{ width, height: MARGIN.top + MARGIN.bottom + ROW_HEIGHT * matrices.length },
        ...{ marginLeft, marginRight: MARGIN.right, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
        x: { domain: [0, Math.max(1, target.layers)], label: null },
        y: { domain: [-1, 1], axis: null },
        fy: { domain: matrices, padding: 0.14, axis: null },
        marks: [
          Plot.axisX({ ticks: Math.min(10, Math.floor(width / 70)), label: null, stroke: GRID.light, tickFormat: 'd' }),
          Plot.text(matrices, {
            ...{ fy: (name: string) => name, frameAnchor: 'left', textAnchor: 'end', dx: -8 },
            text: (name: string) => shortLabel(name, 20),
          }),
          Plot.rect(shown, {
            ...at,
            ...{ x1: (rule: PlanRule) => rule.layers[0], x2: (rule: PlanRule) => rule.layers[1] + 1 },
            ...{ y1: () => -1, y2: () => 1, fill: ink, insetLeft: 0.5, insetRight: 0.5, rx: 2 },
          }),
          Plot.text(
            shown.filter((rule) => room(rule) > 2.4 * LETTER),
            {
              ...at,
              ...{ x: (rule: PlanRule) => (rule.layers[0] + rule.layers[1] + 1) / 2, y: () => 0 },
              text: (rule: PlanRule) => barLabel(rule, room(rule)),
              ...{ fill: PAGE.light, fontWeight: 600 },
            },
          ),
        ],
      };
    },
  };
}

/** Along the bar, so that one is near wherever a reader points. */
function rulePoints(rule: PlanRule, layers: number, quantile: number): SpecPoint[] {
  const [first, last] = rule.layers;
  const places = Math.max(1, Math.round((PLACES * (last - first + 1)) / layers));
  return Array.from({ length: places }, (_, i) => ({
    x: first + ((last - first + 1) * (i + 0.5)) / places,
    y: 0,
    fy: matrixLabel(rule),
    key: idOf(rule),
    text: [
      `${matrixLabel(rule)}, layers ${layersLabel(rule.layers)}`,
      `${scheduleLabel(rule)}, ${rule.products} products`,
      `from σ = ${significant(rule.hardest.sigma)} at q = ${quantile}: output ${significant(rule.hardest.output)}`,
    ],
  }));
}

/** Fewest products first. */
function entriesOf(rules: readonly PlanRule[]): readonly Entry[] {
  const entries = new Map(
    rules.map((rule) => [idOf(rule), { id: idOf(rule), label: scheduleLabel(rule), products: rule.products }]),
  );
  return [...entries.values()].sort((a, b) => a.products - b.products || (a.id < b.id ? -1 : 1));
}

function idOf(rule: PlanRule): string {
  return scheduleLabel(rule);
}

/** The schedule with its products where there is room for both. */
function barLabel(rule: PlanRule, room: number): string {
  const full = `${rule.schedule.name} · ${rule.products}`;
  return full.length * LETTER < room - 8 ? full : String(rule.products);
}
