/** The schedules over the forecast spectrum, and the plan as a table with its reasons. */
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plan, PlanLayer } from '../../planner/plan.ts';
import { cellLabel, inCellOrder } from '../cells.ts';
import type { Chart } from '../charts/chart.ts';
import { meetsFloor } from '../charts/planChart.ts';
import { bullets, details, figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../reportData.ts';
import { type Column, table } from '../table.ts';
import { intervalText, percent, scheduleLabel, sigmaText } from '../wording.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Role, depth' },
  { title: 'Forecast σ [95 %]', numeric: true },
  { title: 'Schedule' },
  { title: 'Output [over the interval]', numeric: true },
  { title: 'Products', numeric: true },
  { title: 'Share of flops', numeric: true },
];

export function newtonSchulzSection(data: ReportData, chart: Chart | null): Html {
  const title = 'Newton-Schulz over the forecast spectrum';
  if (data.plan === null)
    return section('newton-schulz', title, html`<p>Without a plan there is no forecast spectrum to show.</p>`);
  const { criterion } = data.plan;
  return section('newton-schulz', title, [
    html`<p>A schedule turns an input singular value into the output shown by its curve. A direction is kept where the
curve has reached the floor of ${significant(criterion.floor)}; the dots below say where the forecast
q = ${significant(criterion.quantile)} of each role and depth lies, in the colour of the schedule the plan gives it.</p>
`,
    figure(
      chart,
      `Arithmetic: ${criterion.precision}. Horizontal strokes are 95 % intervals, cut at the left edge; grey bars run from the smallest to the largest forecast quantile.`,
    ),
  ]);
}

export function planSection({ plan }: ReportData): Html {
  if (plan === null) return section('plan', 'The plan', html`<p>Without laws there is no plan.</p>`);
  return section('plan', 'The plan', [
    html`<p>For ${formatCount(plan.target.params)} parameters, extrapolated to ${plan.target.layers} layers of width
${plan.target.width}: the cheapest schedule whose output at the forecast singular value of q = ${significant(plan.criterion.quantile)}
reaches ${significant(plan.criterion.floor)}. ${plan.met ? '' : 'Not every row meets the criterion; the reasons under the rows say where it fails.'}</p>
`,
    bullets(plan.warnings),
    table(
      'Newton-Schulz by role and depth',
      COLUMNS,
      inCellOrder(plan.layers).map((layer) => row(plan, layer)),
    ),
    coefficientTable(plan),
  ]);
}

function row(plan: Plan, layer: PlanLayer) {
  const unmet = meetsFloor(plan, layer) ? '' : ' – below the floor';
  return {
    cells: [
      cellLabel(layer),
      sigmaText(layer.sigma),
      scheduleLabel(layer),
      `${intervalText(layer.output)}${unmet}`,
      layer.products,
      percent(plan.flops > 0 ? layer.flops / plan.flops : 0),
    ],
    ...(layer.reasons.length > 0 ? { note: reasonsMarkup(layer.reasons) } : {}),
  };
}

/** The first reason is the line one sees; the others open under it. */
function reasonsMarkup(reasons: readonly string[]): Html {
  const [first, ...others] = reasons;
  return others.length === 0 ? html`${first ?? ''}` : details(first ?? '', bullets(others));
}

function coefficientTable(plan: Plan): Html {
  const schedules = new Map(plan.layers.map((layer) => [layer.schedule.name, layer.schedule]));
  const rows = [...schedules.values()].map((schedule) => ({
    cells: [
      schedule.name,
      entryText(schedule.entry),
      html`<code>${schedule.coefficients.map((abc) => `(${abc.map((c) => String(Number(c.toPrecision(8)))).join(', ')})`).join(' ')}</code>`,
    ],
  }));
  const columns = [
    { title: 'Schedule' },
    { title: 'Entry' },
    { title: '(a, b, c) of s ← a s + b s³ + c s⁵, in order' },
  ];
  return details(
    'Coefficients of the planned schedules',
    table('Coefficients, eight significant digits', columns, rows),
  );
}

function entryText({ normalisation, scale, epsilon }: PlanLayer['schedule']['entry']): string {
  const norm = normalisation === 'frobenius' ? '‖X‖F' : 'AOL rescaling';
  return `X / (${scale === 1 ? '' : `${significant(scale, 6)} `}${norm}${epsilon === 0 ? '' : ` + ${significant(epsilon)}`})`;
}
