/** Laws, forecasts, plan and responses of a synthetic study: what syntheticStudy.ts puts behind its runs. */
import type { Random } from '../../src/base/random.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';
import type { Plan, PlanLayer } from '../../src/planner/plan.ts';
import type { Cell } from '../../src/report/cells.ts';
import type { ResponseCurve } from '../../src/report/reportData.ts';
import type { Law, LawCurve, LawsDocument } from '../../src/scaling/law.ts';
import type { StudyRun } from '../../src/store/study.ts';

export const ROLES: readonly string[] = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];
export const QUANTILES: readonly number[] = [0.1, 0.25, 0.5, 0.75, 0.9];
export const TARGET = 1.6e9;

/** The catalogue the synthetic planner chooses from: jordan of Jordan 2024 and the textbook quintic. */
export const SCHEDULES: readonly NsSchedule[] = [4, 5, 6, 7, 8].map((steps) => ({
  name: `jordan x${steps}`,
  source: 'Jordan 2024',
  coefficients: Array.from({ length: steps }, () => [3.4445, -4.775, 2.0315] as const),
  entry: { normalisation: 'frobenius', scale: 1, epsilon: 1e-7 } as const,
  precision: 'float32' as const,
}));

/** Steeper towards the end of the network; steepest for the final down projection. */
function exponentOf(role: string, depth: number, quantile: number): number {
  const late = depth === 1 ? (role === 'mlp.down' ? 0.29 : role === 'attn.o' ? 0.16 : 0.04) : 0;
  return 0.27 + 0.04 * ROLES.indexOf(role) * depth * 0.4 + late + 0.06 * (quantile - 0.5);
}

/** The settled singular value of the synthetic world, without noise. */
export function settledAt(role: string, depth: number, quantile: number, params: number): number {
  const amplitude = 0.9 * 10 ** (-1.5 * quantile) * (1 + 0.1 * ROLES.indexOf(role));
  return amplitude * (params / 5e4) ** -exponentOf(role, depth, quantile) * 0.4;
}

export function lawsOf(
  ladder: readonly StudyRun[],
  cells: readonly Cell[],
  random: Random,
  source: string,
): LawsDocument {
  const laws = cells.flatMap(({ role, depth }) =>
    QUANTILES.map((quantile) => lawOf(ladder, role, depth, quantile, random)),
  );
  const pooled = cells.map(({ role, depth }) => {
    const exponent = exponentOf(role, depth, 0.5) + 0.03 * random.gaussian();
    return { role, depth, exponent, low: exponent - 0.05, high: exponent + 0.06, quantiles: [...QUANTILES] };
  });
  return {
    schema: 'muonscope.laws/1',
    source,
    sizeConvention: 'total',
    laws,
    pooled,
    ladder: ladder.map(({ params, config }) => ({ params, width: config.model.width, layers: config.model.layers })),
    warnings: ['The ladder spans 1.4 decades; forecasts beyond twice that are guesses with intervals.'],
  };
}

function lawOf(ladder: readonly StudyRun[], role: string, depth: number, quantile: number, random: Random): Law {
  const exponent = exponentOf(role, depth, quantile) + 0.01 * random.gaussian();
  const points = ladder.map(({ params }) => ({
    params,
    value: settledAt(role, depth, quantile, params) * Math.exp(0.04 * random.gaussian()),
  }));
  const centre = points.reduce((sum, point) => sum + Math.log(point.params), 0) / points.length;
  const logValue = Math.log(settledAt(role, depth, quantile, Math.exp(centre)));
  const largest = points.at(-1)!;
  return {
    role,
    depth,
    quantile,
    exponent,
    low: exponent - 0.06,
    high: exponent + 0.06,
    amplitude: Math.exp(logValue + exponent * centre),
    r2: 0.97,
    points,
    heldOut: {
      params: largest.params,
      predicted: largest.value * Math.exp(0.15 * random.gaussian()),
      actual: largest.value,
    },
    warnings: role === 'attn.v' ? ['one of five points has not settled'] : [],
    fit: { centre, logValue, variance: { logValue: 2e-4, exponent: 4e-4, covariance: 0 }, factor: 3.182 },
    comparison: { aicc: { constant: 9, power: -12, curved: -8 }, curvature: -0.02, preferred: 'power' },
    baselineExponent: 0.24,
  };
}

export function forecastOf(law: Law): LawCurve {
  const [from, to] = [Math.log(law.points[0]!.params), Math.log(TARGET)];
  const grid = Array.from({ length: 20 }, (_, i) => from + ((to - from) * i) / 19);
  const sizes = [...grid, Math.log(law.points.at(-1)!.params)].sort((a, b) => a - b);
  return { role: law.role, depth: law.depth, quantile: law.quantile, points: sizes.map((x) => forecastAt(law, x)) };
}

function forecastAt({ fit, exponent }: Law, logParams: number): LawCurve['points'][number] {
  const x = logParams - fit.centre;
  const value = fit.logValue - exponent * x;
  const half = fit.factor * Math.sqrt(fit.variance.logValue + x * x * fit.variance.exponent);
  return {
    params: Math.exp(logParams),
    value: Math.exp(value),
    low: Math.exp(value - half),
    high: Math.exp(value + half),
  };
}

export function planOf(laws: LawsDocument): Plan {
  const layers = laws.laws.filter((law) => law.quantile === 0.5).map(planLayer);
  const flops = layers.reduce((sum, layer) => sum + layer.flops, 0);
  const baseline = layers.reduce((sum, layer) => sum + (layer.flops * 15) / layer.products, 0);
  return {
    schema: 'muonscope.plan/1',
    target: { params: TARGET, width: 2048, layers: 24 },
    criterion: { quantile: 0.5, floor: 0.7, precision: 'float32' },
    source: 'this study',
    layers,
    baseline: { name: 'jordan x5', flops: baseline },
    flops,
    saved: 1 - flops / baseline,
    met: true,
    warnings: ['The target lies 3 decades beyond the ladder.'],
  };
}

function planLayer(law: Law): PlanLayer {
  const { params: _, ...sigma } = forecastAt(law, Math.log(TARGET));
  const schedule = SCHEDULES.find(({ coefficients }) => iterate(sigma.value, coefficients) >= 0.7) ?? SCHEDULES.at(-1)!;
  const outputs = [sigma.low, sigma.value, sigma.high].map((s) => iterate(s, schedule.coefficients));
  const products = 3 * schedule.coefficients.length;
  return {
    role: law.role,
    depth: law.depth,
    sigma,
    schedule,
    output: { value: outputs[1]!, low: Math.min(...outputs), high: Math.max(...outputs) },
    products,
    flops: products * 4e9 * (law.role.startsWith('mlp') ? 2.4 : 1),
    reasons: [
      `${schedule.name} is the cheapest that lifts the forecast ${sigma.value.toExponential(2)} to ${outputs[1]!.toFixed(2)}; one step less gives ${iterate(sigma.value, schedule.coefficients.slice(1)).toFixed(2)}.`,
      `At the low end of the interval, ${sigma.low.toExponential(2)}, the output is ${outputs[0]!.toFixed(2)}.`,
    ],
  };
}

export function responseOf({ name, coefficients }: NsSchedule): ResponseCurve {
  const sigma = Array.from({ length: 601 }, (_, i) => 10 ** (-6 + i / 100));
  return { name, products: 3 * coefficients.length, sigma, output: sigma.map((s) => iterate(s, coefficients)) };
}

function iterate(sigma: number, coefficients: readonly (readonly [number, number, number])[]): number {
  return coefficients.reduce((s, [a, b, c]) => s * (a + s * s * (b + c * s * s)), sigma);
}
