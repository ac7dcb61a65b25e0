/** A plan of two kinds of matrix and four layers, with every sort of schedule a framework can express. */
import { scheduleOf } from '../../../src/newtonSchulz/catalogue.ts';
import { shrinkInput } from '../../../src/newtonSchulz/safety.ts';
import type { NsCoefficients, NsSchedule } from '../../../src/newtonSchulz/schedule.ts';
import { FRAMEWORK_RULES, type Framework } from '../../../src/planner/expressible.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import type { ExportRule, PlanExport } from '../../../src/report/exports/planExport.ts';

const QUERY = 'model\\.layers\\.{layer}\\.self_attn\\.q_proj';
const DOWN = 'model\\.layers\\.{layer}\\.mlp\\.experts\\.\\d+\\.down_proj';

/** What runs in a layer of the example, by name of the parameter. */
export function scheduleOfParameter(framework: Framework, name: string): NsSchedule {
  const [, layer, kind] = /layers\.(\d)\.(self_attn|mlp)/.exec(name)!;
  return schedulesOf(framework)[kind === 'mlp' ? 'down' : 'query'][Number(layer) < 3 ? 0 : 1];
}

/** The example as each framework expresses it. */
export function exampleExport(framework: Framework): PlanExport {
  const { query, down } = schedulesOf(framework);
  const rule = (
    matrix: string,
    parameter: string,
    layers: readonly [number, number],
    schedule: NsSchedule,
  ): ExportRule => ({
    matrix,
    parameter,
    layers,
    schedule: schedule.name,
    coefficients: schedule.coefficients.map((step, k) => (k === 0 ? shrinkInput(step, schedule.entry.scale) : step)),
  });
  return {
    plan: EXAMPLE_PLAN,
    rules: [
      rule('attn.q', QUERY, [0, 2], query[0]),
      rule('attn.q', QUERY, [3, 3], query[1]),
      rule('mlp.down of experts', DOWN, [0, 2], down[0]),
      rule('mlp.down of experts', DOWN, [3, 3], down[1]),
    ],
    precision: FRAMEWORK_RULES[framework].precision ?? 'float32',
    losses: framework === 'torch' ? ['torch repeats one triple (a, b, c) a parameter group.'] : [],
    writer: 'muonscope',
  };
}

const EXAMPLE_PLAN: Plan = {
  schema: 'muonscope.plan/1',
  target: { params: 1e9, width: 24, layers: 4 },
  criterion: { quantile: 0.5, floor: 0.7, precision: 'float32' },
  source: 'an example',
  layers: [],
  baseline: { name: 'jordan x5', flops: 1 },
  flops: 1,
  saved: 0,
  met: true,
  warnings: ['A warning with a """ in it.'],
};

/** As planTriples designs one. */
const DESIGNED: NsSchedule = {
  ...scheduleOf('jordan', 6),
  name: 'triple(7.37e-4) x6',
  coefficients: Array<NsCoefficients>(6).fill([3.241987, -4.698391, 2.300941]),
};

function schedulesOf(framework: Framework): Readonly<Record<'query' | 'down', readonly [NsSchedule, NsSchedule]>> {
  const other = framework === 'optax' ? scheduleOf('you6', 6) : scheduleOf('cubic5', 5);
  return framework === 'torch'
    ? {
        query: [scheduleOf('jordan', 4), DESIGNED],
        down: [scheduleOf('jordan', 5), scheduleOf('textbook', 9)],
      }
    : { query: [scheduleOf('polar-express', 5), scheduleOf('cans', 6)], down: [scheduleOf('jordan', 5), other] };
}
