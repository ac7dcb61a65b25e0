/**
 * The sensing experiment: which solution of an underdetermined problem does each optimizer find?
 *
 * In: records of all runs (sensingSweep.ts). Out: assumptions, claims, tables, figures.
 *
 * All descent methods reach A W = y; what differs is the spectrum of W. The nuclear norm is at most sqrt(r) times the Frobenius
 * norm, with equality for a flat spectrum, so flatness tells where a solution stands between the two (spectrumMeasures.ts).
 *
 * Source: the claims are those of arXiv:2606.08388, abstract; the setting is the customary one of matrix sensing.
 */
import type { DynamicsClaim, DynamicsFigure, DynamicsResult, DynamicsTable, ExperimentSize } from './experiment.ts';
import { SENSING_METHODS } from './sensingMethods.ts';
import type { SensingMethod, SensingOutcome, SensingRecord } from './sensingRecord.ts';
import {
  pointName,
  type SensingAxis,
  type SensingPlan,
  type SensingPoint,
  sensingPlan,
  sensingRuns,
} from './sensingSweep.ts';
import { type Estimate, estimate, formatEstimate } from './statistics.ts';

const ASSUMPTIONS = [
  'Y = A(X) with Gaussian measurements, fewer than unknowns; X has equal singular values and Frobenius norm 1. The optimizers work on W itself, started from a small random matrix.',
  'Normalised updates have the Frobenius norm of Muon’s, eta sqrt(d), at every step; rates fall linearly to 0. No momentum except in AdamW.',
  'Nuclear-norm minimisation is the reference for what concentrates: FISTA to a relative change of 1e-9.',
  'Intervals are 95 % of the mean over seeds; a seed draws measurements, noise, X and the start, the same for every method.',
];

/** Names as tables and figures show them. */
const LABELS: Readonly<Record<SensingMethod, string>> = {
  muon: 'Muon, exact polar',
  'muon-ns': 'Muon, five Jordan steps',
  'norm-matched': 'norm-matched gradient descent',
  gradient: 'gradient descent',
  sign: 'sign descent',
  adamw: 'AdamW',
  'nuclear-norm': 'nuclear-norm minimisation',
};

const AXIS_LABELS: Readonly<Record<SensingAxis, string>> = {
  rank: 'rank of X',
  measured: 'measurements / unknowns',
  noise: 'noise / signal',
  eta: 'first step, spectral norm',
  startScale: 'Frobenius norm of the start',
};

type Measure = Exclude<keyof SensingOutcome, 'method'>;

/** @param records of every run of sensingRuns(sensingPlan(size), seed) */
export function summariseSensing(
  size: ExperimentSize,
  seed: number,
  records: readonly SensingRecord[],
): DynamicsResult {
  const plan = sensingPlan(size);
  const found = new Map(records.map((record) => [record.id, record]));
  const at = (point: SensingPoint, method: SensingMethod, measure: Measure): readonly number[] =>
    sensingRuns({ ...plan, base: point, axes: NO_AXES }, seed).flatMap(
      ({ id }) =>
        found
          .get(id)
          ?.outcomes.filter((outcome) => outcome.method === method)
          .map((o) => o[measure]) ?? [],
    );
  const table = { plan, at, points: pointsOf(plan) };
  return {
    experiment: 'sensing',
    size,
    seed,
    assumptions: ASSUMPTIONS,
    claims: claimsOf(table),
    tables: [baseTable(table), ...axisTables(table)],
    figures: [
      ...(Object.keys(plan.axes) as SensingAxis[])
        .filter((axis) => plan.axes[axis].length > 1)
        .flatMap((axis) => [axisFigure(table, axis, 'flatness'), axisFigure(table, axis, 'recovery')]),
    ],
  };
}

const NO_AXES: SensingPlan['axes'] = { rank: [], measured: [], noise: [], eta: [], startScale: [] };

/** The plan with access to its outcomes over seeds. */
interface Outcomes {
  readonly plan: SensingPlan;
  readonly points: readonly SensingPoint[];
  at(point: SensingPoint, method: SensingMethod, measure: Measure): readonly number[];
}

function pointsOf(plan: SensingPlan): readonly SensingPoint[] {
  const points = new Map(sensingRuns(plan, 0).map(({ point }) => [pointName(point), point]));
  return [...points.values()];
}

/** Differences of a measure between two methods on the same seeds, at one point. */
function paired(
  { at }: Outcomes,
  point: SensingPoint,
  one: SensingMethod,
  other: SensingMethod,
  measure: Measure,
): Estimate {
  const theirs = at(point, other, measure);
  return estimate(at(point, one, measure).map((value, i) => value - theirs[i]));
}

function claimsOf(outcomes: Outcomes): readonly DynamicsClaim[] {
  const { points, plan, at } = outcomes;
  const flatter = (one: SensingMethod, other: SensingMethod) => {
    const differences = points.map((point) => paired(outcomes, point, one, other, 'flatness'));
    const apart = differences.filter(({ low }) => low > 0).length;
    const smallest = differences.reduce((least, difference) => (difference.mean < least.mean ? difference : least));
    return {
      holds: apart === points.length,
      evidence: `its flatness is higher at ${apart} of ${points.length} settings with the interval of the difference above 0; smallest difference ${formatEstimate(smallest)}`,
    };
  };
  const matched = points.map((point) => paired(outcomes, point, 'norm-matched', 'gradient', 'flatness'));
  const largestMatched = Math.max(...matched.map(({ mean }) => Math.abs(mean)));
  const ns = points.map((point) => paired(outcomes, point, 'muon-ns', 'muon', 'flatness'));
  const clean = plan.base;
  return [
    {
      statement: 'Norm-matched gradient descent does not reproduce Muon: Muon’s solution is flatter',
      ...flatter('muon', 'norm-matched'),
    },
    {
      statement:
        'Norm-matched gradient descent finds what gradient descent finds: matching norms does not change the solution',
      holds: largestMatched < 0.05,
      evidence: `flatness differs by ${largestMatched.toFixed(3)} at most, ${points.length} settings`,
    },
    { statement: 'Muon’s solution is flatter than those of sign descent', ...flatter('muon', 'sign') },
    { statement: 'Muon’s solution is flatter than those of AdamW', ...flatter('muon', 'adamw') },
    {
      statement: 'Nuclear-norm minimisation concentrates: every descent method is flatter, gradient descent included',
      ...flatter('gradient', 'nuclear-norm'),
    },
    {
      statement: 'Muon with five Newton-Schulz steps behaves like the exact polar factor',
      holds: ns.every(({ mean }) => Math.abs(mean) < 0.1),
      evidence: `flatness differs by ${Math.max(...ns.map(({ mean }) => Math.abs(mean))).toFixed(3)} at most`,
    },
    {
      statement:
        'A flat solution is no recovery: where X has low rank, nuclear-norm minimisation finds it and Muon does not',
      holds: Math.max(...at(clean, 'nuclear-norm', 'recovery')) < Math.min(...at(clean, 'muon', 'recovery')),
      evidence: `relative error ${formatEstimate(estimate(at(clean, 'nuclear-norm', 'recovery')), 3)} against ${formatEstimate(estimate(at(clean, 'muon', 'recovery')), 3)} at the base setting`,
    },
  ];
}

const MEASURES: readonly (readonly [Measure, string])[] = [
  ['flatness', 'flatness'],
  ['stableRank', 'stable rank'],
  ['effectiveRank', 'effective rank'],
  ['entropy', 'entropy, nats'],
  ['recovery', 'relative error'],
  ['residual', 'relative residual'],
  ['frobenius', 'Frobenius norm'],
];

function baseTable({ plan, at }: Outcomes): DynamicsTable {
  const { side, rank, measured } = plan.base;
  return {
    name: 'sensing-base',
    caption: `Solutions at the base setting: ${side} x ${side}, rank ${rank}, ${measured * 100} % measured, no noise; means over ${plan.seeds} seeds`,
    columns: ['method', ...MEASURES.map(([, label]) => label)],
    rows: SENSING_METHODS.map((method) => [
      LABELS[method],
      ...MEASURES.map(([measure]) => estimate(at(plan.base, method, measure)).mean),
    ]),
  };
}

function axisTables({ plan, at }: Outcomes): readonly DynamicsTable[] {
  return (Object.entries(plan.axes) as [SensingAxis, readonly number[]][])
    .filter(([, values]) => values.length > 1)
    .map(([axis, values]) => ({
      name: `sensing-${fileName(axis)}`,
      caption: `By ${AXIS_LABELS[axis]}: flatness and relative error with 95 % intervals`,
      columns: [AXIS_LABELS[axis], 'method', 'flatness', 'low', 'high', 'relative error', 'low', 'high'],
      rows: values.flatMap((value) =>
        SENSING_METHODS.map((method) => {
          const point = { ...plan.base, [axis]: value };
          const [flat, error] = (['flatness', 'recovery'] as const).map((measure) =>
            estimate(at(point, method, measure)),
          );
          return [value, LABELS[method], flat.mean, flat.low, flat.high, error.mean, error.low, error.high];
        }),
      ),
    }));
}

function axisFigure({ plan, at }: Outcomes, axis: SensingAxis, measure: 'flatness' | 'recovery'): DynamicsFigure {
  const label = measure === 'flatness' ? 'flatness of W' : 'relative error of W';
  return {
    name: `sensing-${measure}-${fileName(axis)}`,
    title: `${measure === 'flatness' ? 'Flatness of the solution' : 'Recovery'}, by ${AXIS_LABELS[axis]}`,
    description: `${label} for every method against ${AXIS_LABELS[axis]}, with 95 % intervals over seeds.`,
    x: { label: AXIS_LABELS[axis], scale: axis === 'noise' || axis === 'measured' ? 'linear' : 'log' },
    y: { label, scale: 'linear' },
    series: SENSING_METHODS.map((method) => ({
      label: LABELS[method],
      mark: 'line',
      points: plan.axes[axis].map((x) => {
        const { mean, low, high } = estimate(at({ ...plan.base, [axis]: x }, method, measure));
        return { x, y: mean, low, high };
      }),
    })),
  };
}

function fileName(axis: SensingAxis): string {
  return axis === 'startScale' ? 'start' : axis;
}
