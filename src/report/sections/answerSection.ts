/** The answer at a glance: key figures, what the laws say in words, the plan as a grid. */
import { formatCount } from '../../base/numbers.ts';
import type { Plan } from '../../planner/plan.ts';
import { baselineProducts, verdictCounts } from '../answer.ts';
import { cellLabel, inCellOrder } from '../cells.ts';
import type { Chart } from '../charts/chart.ts';
import { bullets, figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../reportData.ts';
import { decimals, list, percent } from '../wording.ts';

export function answerSection(data: ReportData, planOverview: Chart | null): Html {
  return section('answer', 'The answer', [
    keyFigures(data),
    bullets(data.statements),
    figure(planOverview, planCaption(data)),
  ]);
}

interface KeyFigure {
  readonly value: string;
  readonly meaning: string;
}

function keyFigures(data: ReportData): Html {
  const figures = [...settledFigure(data), ...lawFigures(data), ...planFigures(data)];
  return html`<dl class="key">${figures.map((f) => html`<div><dd>${f.value}</dd><dt>${f.meaning}</dt></div>`)}</dl>
`;
}

function settledFigure({ tracked }: ReportData): KeyFigure[] {
  if (tracked.length === 0) return [];
  return [
    { value: percent(verdictCounts(tracked).settled / tracked.length), meaning: 'of the tracked quantiles settled' },
  ];
}

function lawFigures({ laws }: ReportData): KeyFigure[] {
  const ordered = [...(laws?.pooled ?? [])].sort((a, b) => a.exponent - b.exponent);
  const steepest = ordered.at(-1);
  if (steepest === undefined) return [];
  return [
    {
      value: decimals(steepest.exponent),
      meaning: `steepest pooled exponent: ${steepest.role} at depth ${steepest.depth}`,
    },
  ];
}

function planFigures({ plan }: ReportData): KeyFigure[] {
  if (plan === null) return [];
  const direction = plan.saved < 0 ? 'more' : 'fewer';
  return [
    {
      value: percent(Math.abs(plan.saved)),
      meaning: `${direction} Newton-Schulz flops than ${plan.baseline.name} at ${formatCount(plan.target.params)} parameters`,
    },
  ];
}

function planCaption(data: ReportData): string {
  const { plan } = data;
  if (plan === null) return '';
  const cheapest = Math.min(...plan.layers.map((layer) => layer.products));
  const dearest = Math.max(...plan.layers.map((layer) => layer.products));
  const range =
    cheapest === dearest
      ? `All take ${cheapest}.`
      : `From ${cheapest} (${cellsAt(plan, cheapest)}) to ${dearest} (${cellsAt(plan, dearest)}).`;
  return `Matrix products of one Newton-Schulz application; ${plan.baseline.name} takes ${baselineProducts(data, plan)}. ${range}`;
}

/** Up to three cells by name, more by their number. */
function cellsAt(plan: Plan, products: number): string {
  const layers = inCellOrder(plan.layers.filter((layer) => layer.products === products));
  return layers.length > 3 ? `${layers.length} of ${plan.layers.length} cells` : list(layers.map(cellLabel));
}
