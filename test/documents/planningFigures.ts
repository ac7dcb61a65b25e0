/** The figures of docs/planning.md, drawn by the project's own charts. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { products } from '../../src/newtonSchulz/cost.ts';
import { response } from '../../src/newtonSchulz/response.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import { parseModelConfig } from '../../src/planner/modelConfig.ts';
import type { Plan } from '../../src/planner/plan.ts';
import { planModel } from '../../src/planner/planModel.ts';
import { type Chart, standaloneSvg } from '../../src/report/charts/chart.ts';
import { depthChart } from '../../src/report/charts/depthChart.ts';
import { lawChart } from '../../src/report/charts/lawChart.ts';
import { responseChart } from '../../src/report/charts/responseChart.ts';
import type { ResponseCurve } from '../../src/report/reportData.ts';
import { lawCurve } from '../../src/scaling/forecast.ts';
import type { Law } from '../../src/scaling/law.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

/** The model that docs/planning.md plans for. */
export const EXAMPLE_CONFIG: string = fileURLToPath(new URL('../../docs/examples/llama70b.json', import.meta.url));

/** The plan of docs/planning.md. */
export function examplePlan(): Plan {
  return planModel(publishedLaws(), parseModelConfig(JSON.parse(readFileSync(EXAMPLE_CONFIG, 'utf8')), EXAMPLE_CONFIG));
}

/** Text of each figure by its file name. */
export function planningFigures(): Readonly<Record<string, string>> {
  const laws = publishedLaws();
  const plan = examplePlan();
  const { params } = plan.target;
  const shown = laws.laws.filter(({ role }) => role === 'attn.o' || role === 'mlp.up');
  const measured = laws.laws.filter(({ quantile }) => quantile === 0.5);
  const quarters = { ...plan, layers: plan.layers.filter(({ role, depth }) => isMeasured(role, depth, measured)) };
  const curves = laws.laws.map((law) => lawCurve(law, params));
  return {
    'planning-laws.svg': drawn(lawChart({ ...laws, laws: shown }, curves, params)),
    'planning-depth.svg': drawn(depthChart(plan, measured)),
    'planning-response.svg': drawn(responseChart(quarters, responsesOf(quarters), curves)),
  };
}

function isMeasured(role: string, depth: number, laws: readonly Law[]): boolean {
  return laws.some((law) => law.role === role && law.depth === depth);
}

function responsesOf({ layers, source }: Plan): readonly ResponseCurve[] {
  const planned = layers.map(({ schedule }): NsSchedule => ({ ...schedule, source }));
  const schedules = new Map([...planned, scheduleOf('jordan', 5)].map((schedule) => [schedule.name, schedule]));
  const sigma = Array.from({ length: 240 }, (_, i) => 10 ** (-6 + (6 * i) / 239));
  return [...schedules.values()].map((schedule) => ({
    name: schedule.name,
    products: products(schedule),
    sigma,
    output: response(sigma, schedule),
  }));
}

function drawn(chart: Chart | null): string {
  if (chart === null) throw new Error('expected a chart, got nothing to draw');
  return standaloneSvg(chart);
}
