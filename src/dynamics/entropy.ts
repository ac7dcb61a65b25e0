/**
 * The entropy experiment: is the polar update the one-step entropy-maximising choice, and where does that end?
 *
 * In: a size and a seed. Out: assumptions, claims, tables, figures. The derivation is in entropyGain.ts.
 *
 * 1. draw instances: a weight spectrum w and a gradient spectrum g of several kinds, and pairings of the two;
 * 2. gain of every rule over all pairings of an instance, mean and worst, against the polar update's;
 * 3. first-order gain against the exact one as the step shrinks;
 * 4. the same on real matrices, through singular vectors, where directions are shared and where they are not;
 * 5. counter-cases, one for each assumption dropped.
 */
import { createLabelledRandom, type Random } from '../base/random.ts';
import { mean } from '../base/sums.ts';
import { spectralEntropy } from '../linalg/spectrumMeasures.ts';
import { alignedGain, type GainOnMatrices } from './alignedMatrices.ts';
import { entropyCounterCases } from './entropyCounterCases.ts';
import { entropyGain, entropySlopes, firstOrderGain } from './entropyGain.ts';
import type { DynamicsClaim, DynamicsFigure, DynamicsResult, DynamicsTable, ExperimentSize } from './experiment.ts';
import { drawSpectrum, SPECTRUM_KINDS, shuffled } from './spectrumKinds.ts';
import { competitors, POLAR, type UpdateRule } from './updateRules.ts';

export interface EntropyOptions {
  readonly size: ExperimentSize;
  readonly seed: number;
  /** Called after each instance with the share done. */
  readonly told?: (share: number) => void;
}

interface Scale {
  readonly instances: number;
  readonly pairings: number;
  /** r. */
  readonly modes: number;
  /** Side of the real matrices. */
  readonly side: number;
}

const SCALES: Readonly<Record<ExperimentSize, Scale>> = {
  smoke: { instances: 40, pairings: 100, modes: 32, side: 24 },
  quick: { instances: 400, pairings: 400, modes: 64, side: 64 },
  full: { instances: 4000, pairings: 1000, modes: 256, side: 256 },
};

const ASSUMPTIONS = [
  'The weights W and the gradient share their singular directions, and the update grows W along them: W + eta U diag(f) V^T with W = U diag(w) V^T, w > 0.',
  'The update is bounded in spectral norm: |f_i| <= 1.',
  'The rule chooses f from the gradient spectrum alone; it does not look at w. Nothing is assumed about which gradient value meets which weight: gains are means over pairings of the two spectra, or the worst pairing.',
  'The gain is that of one step, at first order in its length. For the polar update it never turns negative at any length.',
];

/** @throws nothing for sizes of the table above */
export function runEntropy({ size, seed, told = () => {} }: EntropyOptions): DynamicsResult {
  const scale = SCALES[size];
  const outcomes = compareRules(scale, createLabelledRandom(seed, 'entropy'), told);
  const steps = firstOrderErrors(scale, createLabelledRandom(seed, 'steps'));
  const matrices = alignedGain({ side: scale.side, pairs: 8, random: createLabelledRandom(seed, 'matrices') });
  const counterCases = entropyCounterCases(scale.modes, createLabelledRandom(seed, 'counter-cases'));
  return {
    experiment: 'entropy',
    size,
    seed,
    assumptions: ASSUMPTIONS,
    claims: [
      ...ruleClaims(outcomes),
      slopeClaim(steps),
      monotoneClaim(scale, createLabelledRandom(seed, 'long steps')),
      matrixClaim(matrices),
      ...counterCases.claims,
    ],
    tables: [rulesTable(outcomes), counterCases.table],
    figures: [rulesFigure(outcomes), stepFigure(steps), ...counterCases.figures],
  };
}

/** Gains of one rule over all instances, as shares of the polar update's gain on the same instance. */
interface RuleOutcome {
  readonly rule: string;
  /** One for each instance: mean gain over pairings / polar gain. */
  readonly average: readonly number[];
  /** Worst pairing / polar gain. */
  readonly worst: readonly number[];
}

function compareRules(scale: Scale, random: Random, told: (share: number) => void): readonly RuleOutcome[] {
  const rules = competitors(random);
  const outcomes = rules.map((rule) => ({ rule: rule.name, average: [] as number[], worst: [] as number[] }));
  for (let instance = 0; instance < scale.instances; instance++) {
    const slopes = entropySlopes(drawSpectrum(SPECTRUM_KINDS[instance % SPECTRUM_KINDS.length], scale.modes, random));
    const gradient = drawSpectrum(SPECTRUM_KINDS[random.integer(SPECTRUM_KINDS.length)], scale.modes, random);
    const polar = firstOrderGain(slopes, POLAR.update(gradient));
    for (const [k, rule] of rules.entries()) {
      const { average, worst } = gainsOverPairings(slopes, rule, gradient, scale.pairings, random);
      outcomes[k].average.push(average / polar);
      outcomes[k].worst.push(worst / polar);
    }
    told((instance + 1) / scale.instances);
  }
  return outcomes;
}

/** Over all pairings the mean is exact, mean(f) sum a; the worst is that of sorting f against a, exact as well. */
function gainsOverPairings(
  slopes: Float64Array,
  rule: UpdateRule,
  gradient: Float64Array,
  pairings: number,
  random: Random,
): { readonly average: number; readonly worst: number } {
  const update = rule.update(gradient);
  const sampled = Array.from({ length: pairings }, () => firstOrderGain(slopes, shuffled(update, random)));
  const opposed = firstOrderGain(Float64Array.from(slopes).sort(), Float64Array.from(update).sort().reverse());
  return { average: mean(sampled), worst: Math.min(opposed, ...sampled) };
}

function ruleClaims(outcomes: readonly RuleOutcome[]): readonly DynamicsClaim[] {
  const instances = outcomes[0].average.length;
  const bestAverage = Math.max(...outcomes.map(({ average }) => mean(average)));
  const bestWorst = Math.max(...outcomes.flatMap(({ worst }) => worst));
  return [
    {
      statement:
        'Averaged over pairings, the polar update gains more entropy than every rule that does not look at the weights',
      holds: bestAverage < 1,
      evidence: `the best of ${outcomes.length} competitors reaches ${bestAverage.toFixed(3)} of its gain, mean over ${instances} instances`,
    },
    {
      statement:
        'In its worst pairing, no such rule gains as much as the polar update, whose gain is the same in every pairing',
      holds: bestWorst < 1,
      evidence: `the largest worst-case share over ${instances} instances is ${bestWorst.toFixed(3)}`,
    },
  ];
}

interface StepError {
  readonly eta: number;
  /** |exact - first order| / |first order|, mean over instances. */
  readonly error: number;
}

/** Relative error of the first-order gain of the polar update as the step shrinks. */
function firstOrderErrors({ modes }: Scale, random: Random): readonly StepError[] {
  const instances = Array.from({ length: 20 }, () => drawSpectrum('lognormal', modes, random));
  return [1e-1, 1e-2, 1e-3, 1e-4, 1e-5].map((share) => ({
    eta: share,
    error: mean(
      instances.map((weights) => {
        const eta = share * Math.min(...weights);
        const update = POLAR.update(weights);
        const first = eta * firstOrderGain(entropySlopes(weights), update);
        return Math.abs(entropyGain(weights, update, eta) / first - 1);
      }),
    ),
  }));
}

function slopeClaim(steps: readonly StepError[]): DynamicsClaim {
  const [first, last] = [steps[0], steps[2]];
  const order = Math.log(first.error / last.error) / Math.log(first.eta / last.eta);
  return {
    statement: 'The gain is eta sum a_i f_i to first order: its relative error shrinks in proportion to the step',
    holds: Math.abs(order - 1) < 0.1,
    evidence: `order ${order.toFixed(2)} between steps of ${first.eta} and ${last.eta} of the smallest weight`,
  };
}

function monotoneClaim({ modes }: Scale, random: Random): DynamicsClaim {
  const etas = [0.01, 0.1, 1, 10, 100, 1000];
  let [falls, cases] = [0, 0];
  for (const kind of SPECTRUM_KINDS)
    for (let i = 0; i < 25; i++) {
      const weights = drawSpectrum(kind, modes, random);
      const entropies = [0, ...etas].map((eta) => spectralEntropy(weights.map((w) => w + eta)));
      for (let k = 1; k < entropies.length; k++) {
        cases++;
        // Rounding of a sum of r terms near ln r.
        if (entropies[k] < entropies[k - 1] - modes * Number.EPSILON * Math.log(modes)) falls++;
      }
    }
  return {
    statement: 'However long the step, the polar update never lowers the entropy of weights it grows',
    holds: falls === 0,
    evidence: `${falls} falls in ${cases} steps of 0.01 to 1000`,
  };
}

function matrixClaim({ side, pairs, largestDifference, shared, unshared }: GainOnMatrices): DynamicsClaim {
  return {
    statement:
      'On matrices with shared directions the entropy gain of U V^T is that of the singular values alone; with unrelated directions it is not',
    holds: largestDifference < 1e-10 && unshared < 0.5 * shared,
    evidence: `largest difference ${largestDifference.toExponential(1)} over ${pairs} pairs of ${side} x ${side} matrices; mean gain ${shared.toExponential(2)} with shared, ${unshared.toExponential(2)} with unrelated directions`,
  };
}

function rulesTable(outcomes: readonly RuleOutcome[]): DynamicsTable {
  return {
    name: 'entropy-rules',
    caption: 'Entropy gain of each rule as a share of the polar update’s on the same instance',
    columns: ['rule', 'mean over pairings', 'worst pairing, mean over instances', 'worst pairing, largest'],
    rows: [
      ['polar', 1, 1, 1],
      ...outcomes.map(({ rule, average, worst }) => [rule, mean(average), mean(worst), Math.max(...worst)]),
    ],
  };
}

function rulesFigure(outcomes: readonly RuleOutcome[]): DynamicsFigure {
  const sorted = (values: readonly number[]): { x: number; y: number }[] =>
    [...values].sort((a, b) => a - b).map((x, i) => ({ x, y: (i + 1) / values.length }));
  return {
    name: 'entropy-rules',
    title: 'No rule that ignores the weights gains as much entropy as the polar update',
    description:
      'Cumulative share of instances against the mean gain over pairings, relative to the polar update at 1.',
    x: { label: 'entropy gain relative to the polar update', scale: 'linear' },
    y: { label: 'share of instances below', scale: 'linear' },
    series: [
      ...outcomes.map(({ rule, average }) => ({ label: rule, mark: 'line' as const, points: sorted(average) })),
      {
        label: 'polar',
        mark: 'dash' as const,
        points: [
          { x: 1, y: 0 },
          { x: 1, y: 1 },
        ],
      },
    ],
  };
}

function stepFigure(steps: readonly StepError[]): DynamicsFigure {
  const { eta, error } = steps[2];
  return {
    name: 'entropy-first-order',
    title: 'The first-order gain is exact as the step shrinks',
    description: 'Relative error of the first-order entropy gain against the step, with a line of slope 1.',
    x: { label: 'step, in units of the smallest weight', scale: 'log' },
    y: { label: 'relative error', scale: 'log' },
    series: [
      { label: 'measured', mark: 'dot', points: steps.map((step) => ({ x: step.eta, y: step.error })) },
      { label: 'slope 1', mark: 'dash', points: steps.map((step) => ({ x: step.eta, y: (error * step.eta) / eta })) },
    ],
  };
}
