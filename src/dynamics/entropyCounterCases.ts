/**
 * Where the entropy statement ends: one case for each assumption dropped (see entropyGain.ts).
 *
 * 1. the rule looks at the weights: f = sign a gains more than the polar update;
 * 2. one pairing instead of all: a gradient that is large where the weights are small gains more than the polar update;
 * 3. another bound: with |f|_1 <= r instead of |f_i| <= 1, a rank-one update gains as much on average;
 * 4. the update shrinks the weights: the polar update lowers the entropy.
 */
import type { Random } from '../base/random.ts';
import { mean } from '../base/sums.ts';
import { entropyGain, entropySlopes, firstOrderGain } from './entropyGain.ts';
import type { DynamicsClaim, DynamicsFigure, DynamicsTable } from './experiment.ts';
import { drawSpectrum } from './spectrumKinds.ts';

export interface EntropyCounterCases {
  readonly claims: readonly DynamicsClaim[];
  readonly table: DynamicsTable;
  readonly figures: readonly DynamicsFigure[];
}

const INSTANCES = 50;

export function entropyCounterCases(modes: number, random: Random): EntropyCounterCases {
  const weights = Array.from({ length: INSTANCES }, () => drawSpectrum('lognormal', modes, random));
  const ratios = (gain: (w: Float64Array, slopes: Float64Array) => number): readonly number[] =>
    weights.map((w) => {
      const slopes = entropySlopes(w);
      return gain(w, slopes) / firstOrderGain(slopes, new Float64Array(modes).fill(1));
    });
  const adaptive = ratios((_, slopes) => firstOrderGain(slopes, slopes.map(Math.sign)));
  const paired = ratios((w, slopes) => firstOrderGain(slopes, largeWhereSmall(w)));
  const concentrated = ratios((_, slopes) => mean([...slopes]) * modes);
  const shrinking = weights.map((w) => entropyGain(w, new Float64Array(modes).fill(-1), 0.5 * Math.min(...w)));
  return {
    claims: claimsOf(adaptive, paired, concentrated, shrinking),
    table: {
      name: 'entropy-counter-cases',
      caption: `What becomes of the statement when an assumption is dropped; ${INSTANCES} lognormal spectra of ${modes} values`,
      columns: ['dropped assumption', 'update', 'gain relative to the polar update, mean', 'smallest', 'largest'],
      rows: [
        ['does not look at the weights', 'f = sign a', ...summary(adaptive)],
        ['all pairings', 'gradient ten times smaller on the larger half of the weights', ...summary(paired)],
        [
          'bounded in spectral norm',
          'rank one with the same nuclear norm, mean over directions',
          ...summary(concentrated),
        ],
        ['grows the weights', 'polar, shrinking (gain in nats)', ...summary(shrinking)],
      ],
    },
    figures: [lengthFigure(weights[0])],
  };
}

/** f of a gradient whose values are 1 on the smaller half of the weights and 0.1 on the larger. */
function largeWhereSmall(weights: Float64Array): Float64Array {
  const border = Float64Array.from(weights).sort()[weights.length >> 1];
  return weights.map((w) => (w < border ? 1 : 0.1));
}

function summary(values: readonly number[]): readonly number[] {
  return [mean(values), Math.min(...values), Math.max(...values)];
}

function claimsOf(
  adaptive: readonly number[],
  paired: readonly number[],
  concentrated: readonly number[],
  shrinking: readonly number[],
): readonly DynamicsClaim[] {
  const of = (values: readonly number[], test: (value: number) => boolean): string =>
    `${values.filter(test).length} of ${values.length} spectra`;
  return [
    {
      statement: 'Counter-case, a rule that looks at the weights: f = sign a gains more than the polar update',
      holds: adaptive.every((ratio) => ratio > 1),
      evidence: `${of(adaptive, (ratio) => ratio > 1)}, ${mean(adaptive).toFixed(2)} times its gain on average`,
    },
    {
      statement:
        'Counter-case, one pairing: a gradient that is smaller on the larger weights can gain more than the polar update',
      holds: paired.some((ratio) => ratio > 1),
      evidence: `${of(paired, (ratio) => ratio > 1)}; ${mean(paired).toFixed(2)} times its gain on average`,
    },
    {
      statement: 'Counter-case, nuclear norm as the bound: a rank-one update gains as much on average over directions',
      holds: concentrated.every((ratio) => Math.abs(ratio - 1) < 1e-9),
      evidence: `ratio 1 within ${Math.max(...concentrated.map((ratio) => Math.abs(ratio - 1))).toExponential(1)}`,
    },
    {
      statement: 'Counter-case, an update that shrinks the weights: the polar update lowers the entropy',
      holds: shrinking.every((gain) => gain < 0),
      evidence: of(shrinking, (gain) => gain < 0),
    },
  ];
}

function lengthFigure(weights: Float64Array): DynamicsFigure {
  const slopes = entropySlopes(weights);
  const lengths = Array.from({ length: 60 }, (_, i) => Math.min(...weights) * 10 ** (-2 + i / 15));
  const curve = (label: string, update: ArrayLike<number>) => ({
    label,
    mark: 'line' as const,
    points: lengths.map((eta) => ({ x: eta, y: entropyGain(weights, update, eta) })),
  });
  return {
    name: 'entropy-step-length',
    title: 'Entropy gained by one step, by its length',
    description: 'Exact entropy gain of four updates of one lognormal spectrum against the length of the step.',
    x: { label: 'length of the step eta', scale: 'log' },
    y: { label: 'entropy gained, nats', scale: 'linear' },
    series: [
      curve('polar', new Float64Array(weights.length).fill(1)),
      curve('looks at the weights: sign a', slopes.map(Math.sign)),
      curve('gradient smaller on the larger weights', largeWhereSmall(weights)),
      curve(
        'gradient proportional to the weights',
        weights.map((w) => w / Math.max(...weights)),
      ),
    ],
  };
}
