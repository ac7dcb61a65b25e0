/** Which sensing problems are solved, and what is kept of each solution. */
import { createLabelledRandom } from '../base/random.ts';
import { singularVectors } from '../linalg/singularVectors.ts';
import { effectiveRank, flatness, frobeniusNorm, spectralEntropy, stableRank } from '../linalg/spectrumMeasures.ts';
import type { ExperimentSize } from './experiment.ts';
import { SENSING_METHODS, solveSensing } from './sensingMethods.ts';
import { drawSensingProblem, relativeResidual } from './sensingProblem.ts';
import type { SensingRecord } from './sensingRecord.ts';

/** What is varied, one at a time, around the base. */
export type SensingAxis = 'rank' | 'measured' | 'noise' | 'eta' | 'startScale';

export interface SensingPoint {
  readonly side: number;
  readonly rank: number;
  readonly measured: number;
  readonly noise: number;
  readonly eta: number;
  /** Frobenius norm of the random W(0). */
  readonly startScale: number;
  readonly steps: number;
}

/** One problem with one seed, solved by every method. */
export interface SensingRun {
  /** Names the run in records: the point and the seed. */
  readonly id: string;
  readonly point: SensingPoint;
  /** Of the noise, the measurements, the truth and the start. */
  readonly problemSeed: number;
}

export interface SensingPlan {
  readonly base: SensingPoint;
  readonly axes: Readonly<Record<SensingAxis, readonly number[]>>;
  readonly seeds: number;
}

const AXES: SensingPlan['axes'] = {
  rank: [1, 2, 4, 8],
  measured: [0.25, 0.5, 0.75],
  noise: [0, 0.03, 0.1],
  eta: [0.0025, 0.005, 0.01, 0.02],
  startScale: [0.001, 0.1, 1],
};

const PLANS: Readonly<Record<ExperimentSize, SensingPlan>> = {
  smoke: {
    base: { side: 12, rank: 2, measured: 0.5, noise: 0, eta: 0.01, startScale: 0.001, steps: 200 },
    axes: { ...AXES, rank: [1, 2, 4], measured: [0.5, 0.75], noise: [0, 0.1], eta: [0.01], startScale: [0.001] },
    seeds: 6,
  },
  quick: {
    base: { side: 24, rank: 2, measured: 0.5, noise: 0, eta: 0.005, startScale: 0.001, steps: 400 },
    axes: AXES,
    seeds: 5,
  },
  full: {
    base: { side: 48, rank: 4, measured: 0.5, noise: 0, eta: 0.0025, startScale: 0.001, steps: 1000 },
    axes: { ...AXES, rank: [1, 2, 4, 8, 16], measured: [0.15, 0.25, 0.4, 0.5, 0.75] },
    seeds: 10,
  },
};

export function sensingPlan(size: ExperimentSize): SensingPlan {
  return PLANS[size];
}

/** Every point of every axis with every seed, each once. */
export function sensingRuns({ base, axes, seeds }: SensingPlan, seed: number): readonly SensingRun[] {
  const points = new Map<string, SensingPoint>();
  for (const [axis, values] of Object.entries(axes))
    for (const value of values) {
      const point = { ...base, [axis]: value };
      points.set(pointName(point), point);
    }
  points.set(pointName(base), base);
  return [...points].flatMap(([name, point]) =>
    Array.from({ length: seeds }, (_, k) => ({ id: `${name} seed ${seed + k}`, point, problemSeed: seed + k })),
  );
}

/** @example "24 rank 2 measured 0.5 noise 0 eta 0.005 start 0.001 steps 400" */
export function pointName({ side, rank, measured, noise, eta, startScale, steps }: SensingPoint): string {
  return `${side} rank ${rank} measured ${measured} noise ${noise} eta ${eta} start ${startScale} steps ${steps}`;
}

/** Solves one problem by every method from the same start. */
export function runSensing({ id, point, problemSeed }: SensingRun): SensingRecord {
  const problem = drawSensingProblem(point, createLabelledRandom(problemSeed, 'sensing problem'));
  const random = createLabelledRandom(problemSeed, 'sensing start');
  const noise = Float64Array.from({ length: point.side ** 2 }, () => random.gaussian());
  const scale = point.startScale / frobeniusNorm(noise);
  const start = noise.map((value) => scale * value);
  const outcomes = SENSING_METHODS.map((method) => {
    const w = solveSensing(method, problem, start, point);
    const { sigma } = singularVectors({ rows: point.side, columns: point.side, data: w });
    return {
      method,
      recovery: frobeniusNorm(w.map((value, i) => value - problem.truth[i])) / frobeniusNorm(problem.truth),
      residual: relativeResidual(problem, w),
      frobenius: frobeniusNorm(w),
      flatness: flatness(sigma),
      stableRank: stableRank(sigma),
      effectiveRank: effectiveRank(sigma),
      entropy: spectralEntropy(sigma),
    };
  });
  return { id, outcomes };
}
