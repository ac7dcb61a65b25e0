/**
 * The regression experiment: exact singular-value dynamics of continuous-time Muon, and when they flatten a spectrum.
 *
 * In: sizes and a seed. Out: assumptions, claims, tables, figures. The derivation is in regressionModes.ts.
 *
 * 1. aligned problems with random directions, stepped with matrices, against the closed forms of both flows;
 * 2. the order of the discretisation error;
 * 3. both sides of the condition on the measurements: targets that all lie far, and targets of which half are near;
 * 4. measurements without aligned directions: singular values move at -u^T O v, never faster than 1.
 */

import { DomainError } from '../base/errors.ts';
import { createLabelledRandom, type Random } from '../base/random.ts';
import { flatness } from '../linalg/spectrumMeasures.ts';
import type { DynamicsClaim, DynamicsFigure, DynamicsResult, DynamicsTable, ExperimentSize } from './experiment.ts';
import { alignedProblem, eulerModes, type RegressionShape } from './regressionFlow.ts';
import { type Flow, firstArrival, flatteningCondition, type Mode, modeAt, modeSpeed } from './regressionModes.ts';
import { type UnalignedSpeeds, unalignedSpeeds } from './unalignedSpeeds.ts';

export interface RegressionOptions extends Partial<RegressionShape> {
  readonly size: ExperimentSize;
  readonly seed: number;
  readonly told?: (share: number) => void;
}

const SHAPES: Readonly<Record<ExperimentSize, RegressionShape>> = {
  smoke: { measurements: 12, unknowns: 20, outputs: 10 },
  quick: { measurements: 40, unknowns: 64, outputs: 32 },
  full: { measurements: 160, unknowns: 256, outputs: 128 },
};

/** Steps in which the time to the farthest target is done, coarsest first. */
const STEP_COUNTS = [20, 40, 80, 160, 320];

/** Points of the drawn curves. */
const DRAWN = 120;

/** Of any dimension; the discretisation decomposes a matrix of that size in each of its steps. */
const LARGEST = 512;

const ASSUMPTIONS = [
  'Underdetermined: fewer measurements N than unknowns d. W has d rows, X W = Y can be met exactly, and directions outside the row space of X keep their start.',
  'Aligned: X = P diag(s) Q^T, Y = P diag(y) R^T and W(0) = Q diag(w0) R^T share their directions, s > 0 and w0 >= 0. The last experiment drops this.',
  'Continuous-time Muon is dW/dt = -U V^T with U diag(g) V^T the gradient, 0 where g is 0; no momentum.',
  'Flatness is (sum w)^2 / (r sum w^2): 1 for equal values, 1 / r for a single one.',
];

/** @throws DomainError unless measurements < unknowns and all are from 2 to {@link LARGEST} */
export function runRegression({ size, seed, told = () => {}, ...shape }: RegressionOptions): DynamicsResult {
  const given = { ...SHAPES[size], ...shape };
  requireUnderdetermined(given);
  const modes = drawModes(Math.min(given.measurements, given.outputs), createLabelledRandom(seed, 'modes'));
  const errors = discretisationErrors(modes, given, createLabelledRandom(seed, 'directions'), told);
  const sides = conditionSides(modes.length);
  const speeds = unalignedSpeeds(given, createLabelledRandom(seed, 'unaligned'));
  return {
    experiment: 'regression',
    size,
    seed,
    assumptions: ASSUMPTIONS,
    claims: [...closedFormClaims(errors), ...conditionClaims(sides), speedClaim(speeds)],
    tables: [errorTable(errors), conditionTable(sides)],
    figures: [modesFigure(modes), errorFigure(errors), flatnessFigure(sides)],
  };
}

function requireUnderdetermined({ measurements, unknowns, outputs }: RegressionShape): void {
  for (const [name, value] of Object.entries({ measurements, unknowns, outputs }))
    if (!Number.isInteger(value) || value < 2 || value > LARGEST)
      throw new DomainError(`regression: ${name} must be an integer from 2 to ${LARGEST}, got ${value}`);
  if (measurements >= unknowns)
    throw new DomainError(
      `regression: the claim is about fewer measurements than unknowns, got ${measurements} measurements of ${unknowns} unknowns; give fewer measurements`,
    );
}

/** Modes with measurements over a decade and targets between 0.5 and 2, all started at 0.05. */
function drawModes(count: number, random: Random): readonly Mode[] {
  return Array.from({ length: count }, () => ({
    measurement: 10 ** (-0.5 + random.uniform()),
    start: 0.05,
    target: 0.5 + 1.5 * random.uniform(),
  }));
}

interface DiscretisationError {
  readonly flow: Flow;
  readonly eta: number;
  /** Largest |Euler - closed form| over steps and modes. */
  readonly error: number;
  /** ||W outside its directions||_F at the end. */
  readonly offDirections: number;
}

function discretisationErrors(
  modes: readonly Mode[],
  shape: RegressionShape,
  random: Random,
  told: (share: number) => void,
): readonly DiscretisationError[] {
  const problem = alignedProblem(modes, shape, random);
  const time = 1.1 * Math.max(...modes.map(({ start, target }) => target - start));
  const total = 2 * STEP_COUNTS.reduce((sum, steps) => sum + steps, 0);
  let done = 0;
  return (['muon', 'gradient'] as const).flatMap((flow) =>
    STEP_COUNTS.map((steps) => {
      const eta = time / steps;
      const { values, offDirections } = eulerModes(flow, problem, eta, steps);
      let error = 0;
      for (const [step, row] of values.entries())
        for (const [i, mode] of modes.entries())
          error = Math.max(error, Math.abs(row[i] - modeAt(flow, mode, step * eta)));
      done += steps;
      told(done / total);
      return { flow, eta, error, offDirections };
    }),
  );
}

/** Slope of log error against log step between the two finest steps, where higher orders have died away. */
function orderOf(errors: readonly DiscretisationError[]): number {
  const [coarse, fine] = errors.slice(-2);
  return Math.log(coarse.error / fine.error) / Math.log(coarse.eta / fine.eta);
}

function closedFormClaims(errors: readonly DiscretisationError[]): readonly DynamicsClaim[] {
  const of = (flow: Flow): readonly DiscretisationError[] => errors.filter((row) => row.flow === flow);
  const muon = of('muon');
  const within = muon.every(({ eta, error }) => error <= 1.001 * eta);
  return [
    {
      statement:
        'Under Muon every aligned mode moves at unit speed until its residual vanishes: w(t) = w0 + min(t, w* - w0)',
      holds: within,
      evidence: `Euler steps with matrices stay within one step length of the closed form: ${muon.map(({ eta, error }) => `${error.toExponential(1)} at ${eta.toExponential(1)}`).join(', ')}`,
    },
    {
      statement: 'Gradient flow moves the same modes as w* + (w0 - w*) exp(-s^2 t)',
      holds: Math.abs(orderOf(of('gradient')) - 1) < 0.15,
      evidence: `the discretisation error falls with order ${orderOf(of('gradient')).toFixed(2)} in the step, Euler's is 1; Muon's with ${orderOf(muon).toFixed(2)}`,
    },
    {
      statement: 'W keeps the directions it shares with the measurements',
      holds: errors.every(({ offDirections }) => offDirections < 1e-10),
      evidence: `largest part outside them ${Math.max(...errors.map(({ offDirections }) => offDirections)).toExponential(1)}`,
    },
  ];
}

/** One side of the condition: modes and what becomes of their flatness. */
interface ConditionSide {
  readonly name: string;
  readonly modes: readonly Mode[];
  readonly times: readonly number[];
  readonly muon: readonly number[];
  readonly gradient: readonly number[];
  /** Whether the sign of the condition agrees with the change of flatness at every drawn time, for both flows. */
  readonly agrees: boolean;
}

/** All targets far: no mode stops within the time drawn. Half of them near: these stop, the others run away. */
function conditionSides(count: number): readonly ConditionSide[] {
  const starts = Array.from({ length: count }, (_, i) => 0.05 + (0.5 * i) / count);
  const measurements = Array.from({ length: count }, (_, i) => 0.3 + (1.2 * i) / count);
  const side = (name: string, target: (i: number) => number): ConditionSide =>
    describeSide(
      name,
      starts.map((start, i) => ({ start, measurement: measurements[i], target: start + target(i) })),
    );
  return [side('all targets far', () => 2), side('half of the targets near', (i) => (i % 2 === 0 ? 0.2 : 2))];
}

function describeSide(name: string, modes: readonly Mode[]): ConditionSide {
  const times = Array.from({ length: DRAWN }, (_, i) => (1.9 * i) / (DRAWN - 1));
  const along = (flow: Flow): readonly number[] =>
    times.map((time) => flatness(modes.map((mode) => modeAt(flow, mode, time))));
  return {
    name,
    modes,
    times,
    muon: along('muon'),
    gradient: along('gradient'),
    agrees: (['muon', 'gradient'] as const).every((flow) => times.every((time) => signAgrees(flow, modes, time))),
  };
}

/** Compares the sign of the condition with a central difference; where either is within rounding they agree. */
function signAgrees(flow: Flow, modes: readonly Mode[], time: number): boolean {
  const h = 1e-6;
  const at = (t: number): number => flatness(modes.map((mode) => modeAt(flow, mode, t)));
  const change = (at(time + h) - at(Math.max(0, time - h))) / (time < h ? h : 2 * h);
  const condition = flatteningCondition(
    modes.map((mode) => modeAt(flow, mode, time)),
    modes.map((mode) => modeSpeed(flow, mode, time)),
  );
  return Math.abs(change) < 1e-7 || Math.abs(condition) < 1e-7 || change > 0 === condition > 0;
}

function conditionClaims([far, near]: readonly ConditionSide[]): readonly DynamicsClaim[] {
  const rises = (values: readonly number[]): boolean =>
    values.every((value, i) => i === 0 || value >= values[i - 1] - 1e-12);
  const arrival = firstArrival(near.modes);
  const before = near.muon.filter((_, i) => near.times[i] <= arrival);
  const last = near.muon[near.muon.length - 1];
  return [
    {
      statement: 'While every mode is active, the spectrum under Muon moves toward equal values',
      holds: rises(far.muon) && rises(before),
      evidence: `flatness rises from ${far.muon[0].toFixed(3)} to ${far.muon[far.muon.length - 1].toFixed(3)} with all targets far, and up to the first arrival at t = ${arrival.toFixed(2)} with half of them near`,
    },
    {
      statement:
        'The measurements decide when that ends: once modes with near targets have stopped, the flatness falls',
      holds: last < Math.max(...near.muon) - 0.01,
      evidence: `from ${Math.max(...near.muon).toFixed(3)} at most to ${last.toFixed(3)} at t = ${near.times[near.times.length - 1].toFixed(1)}`,
    },
    {
      statement: 'The flatness grows exactly when sum v (sum w^2 - w sum w) > 0, for both flows',
      holds: far.agrees && near.agrees,
      evidence: `signs agree with central differences at ${2 * 2 * DRAWN} points`,
    },
    {
      statement: 'Gradient flow on the same far targets flattens less: modes move at speeds that the measurements set',
      holds: far.gradient[far.gradient.length - 1] < far.muon[far.muon.length - 1],
      evidence: `flatness ${far.gradient[far.gradient.length - 1].toFixed(3)} against ${far.muon[far.muon.length - 1].toFixed(3)} at t = ${far.times[far.times.length - 1].toFixed(1)}`,
    },
  ];
}

function speedClaim({ steps, largestSpeed, largestError, meanSpeed }: UnalignedSpeeds): DynamicsClaim {
  return {
    statement:
      'Without alignment the singular values move at -u^T O v, O the polar factor of the gradient: never faster than 1',
    holds: largestSpeed <= 1 + 1e-9 && largestError < 1e-3,
    evidence: `over ${steps} steps with Gaussian measurements the largest speed is ${largestSpeed.toFixed(3)}, the mean ${meanSpeed.toFixed(3)}, and finite differences agree within ${largestError.toExponential(1)}`,
  };
}

function errorTable(errors: readonly DiscretisationError[]): DynamicsTable {
  return {
    name: 'regression-discretisation',
    caption: 'Largest difference between Euler steps with matrices and the closed form',
    columns: ['flow', 'step', 'largest error', 'error / step', 'outside the shared directions'],
    rows: errors.map(({ flow, eta, error, offDirections }) => [flow, eta, error, error / eta, offDirections]),
  };
}

function conditionTable(sides: readonly ConditionSide[]): DynamicsTable {
  return {
    name: 'regression-condition',
    caption: 'Flatness of the spectrum, by the targets that the measurements set',
    columns: ['targets', 'flow', 'at the start', 'largest', 'at the end'],
    rows: sides.flatMap(({ name, muon, gradient }) =>
      (
        [
          ['muon', muon],
          ['gradient', gradient],
        ] as const
      ).map(([flow, values]) => [name, flow, values[0], Math.max(...values), values[values.length - 1]]),
    ),
  };
}

function modesFigure(modes: readonly Mode[]): DynamicsFigure {
  const chosen = [...modes]
    .sort((a, b) => a.target - b.target)
    .filter((_, i, all) => i % Math.ceil(all.length / 4) === 0);
  const end = 1.3 * Math.max(...modes.map(({ target }) => target));
  const times = Array.from({ length: DRAWN }, (_, i) => (end * i) / (DRAWN - 1));
  return {
    name: 'regression-modes',
    title: 'Under Muon every mode moves at the same speed until it arrives',
    description: 'Singular values over time for four modes, Muon as lines and gradient flow dashed.',
    x: { label: 'time', scale: 'linear' },
    y: { label: 'singular value of W', scale: 'linear' },
    series: chosen.flatMap((mode, colour) =>
      (['muon', 'gradient'] as const).map((flow) => ({
        colour,
        label: `${flow}, s = ${mode.measurement.toFixed(2)}, w* = ${mode.target.toFixed(2)}`,
        mark: flow === 'muon' ? ('line' as const) : ('dash' as const),
        points: times.map((time) => ({ x: time, y: modeAt(flow, mode, time) })),
      })),
    ),
  };
}

function errorFigure(errors: readonly DiscretisationError[]): DynamicsFigure {
  return {
    name: 'regression-discretisation',
    title: 'Euler steps approach the closed forms at first order',
    description: 'Largest error of Euler steps against the step, for both flows, with a line of error equal to step.',
    x: { label: 'step', scale: 'log' },
    y: { label: 'largest error', scale: 'log' },
    series: [
      ...(['muon', 'gradient'] as const).map((flow) => ({
        label: flow,
        mark: 'dot' as const,
        points: errors.filter((row) => row.flow === flow).map(({ eta, error }) => ({ x: eta, y: error })),
      })),
      {
        label: 'error = step',
        mark: 'dash',
        points: errors.filter(({ flow }) => flow === 'muon').map(({ eta }) => ({ x: eta, y: eta })),
      },
    ],
  };
}

function flatnessFigure(sides: readonly ConditionSide[]): DynamicsFigure {
  return {
    name: 'regression-flatness',
    title: 'Targets that the measurements set decide whether the spectrum flattens',
    description:
      'Flatness over time under Muon and gradient flow, for far targets and for targets of which half are near.',
    x: { label: 'time', scale: 'linear' },
    y: { label: 'flatness of the spectrum', scale: 'linear' },
    series: sides.flatMap(({ name, times, muon, gradient }, colour) => [
      { label: `muon, ${name}`, colour, mark: 'line' as const, points: times.map((x, i) => ({ x, y: muon[i] })) },
      {
        label: `gradient flow, ${name}`,
        colour,
        mark: 'dash' as const,
        points: times.map((x, i) => ({ x, y: gradient[i] })),
      },
    ]),
  };
}
