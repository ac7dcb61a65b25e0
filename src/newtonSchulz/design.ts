/**
 * Coefficients for a given smallest singular value: the greedy, and for exact arithmetic optimal, composition of
 * minimax polynomials.
 *
 * 1. Start with [l, u] = [lower, 1].
 * 2. p is the minimax polynomial of [max(l, cushion u), u]. If the cushion acted, p is scaled so that its smallest and
 *    largest value on [l, u] lie equally far from 1.
 * 3. With safety folded into the interval: p(s / safety) in place of p, except in the last step.
 * 4. [l, u] <- [p(l), 2 - p(l)]; on with 2.
 * 5. With safety folded in afterwards: every p but the last is replaced by p(s / safety) now.
 *
 * Guaranteed in exact arithmetic and without safety: the schedule maps [lower, 1] into [l, 2 - l] of the last step;
 * `outputRange(schedule, [lower, 1])` gives it for every choice of options.
 */
import { DomainError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { minimaxCubic, minimaxQuintic } from './minimax.ts';
import { evaluate, image } from './oddPolynomial.ts';
import { shrinkInput, withSafety } from './safety.ts';
import type { NsCoefficients, NsEntry, NsSchedule } from './schedule.ts';

/** Degree of a step: a cubic costs two products, a quintic three. */
export type StepKind = 'cubic' | 'quintic';

/** The cushion of arXiv:2505.16932 as printed with its coefficients. */
export const POLAR_EXPRESS_CUSHION = 0.02407327424182761;

/** What is done to the composition besides being optimal. */
export interface DesignOptions {
  /**
   * The smallest l / u a step is designed for, in [0, 1). A first step designed for a tiny l brings the large
   * singular values far from 1, where rounding to low precision hurts; the cushion bounds that. 0 is optimal.
   */
  readonly cushion?: number;
  /** At least 1; see `withSafety`. */
  readonly safety?: number;
  /** Two conventions that give different numbers: of the paper's library, and of NVIDIA's Emerging-Optimizers. */
  readonly safetyFoldedInto?: 'interval' | 'coefficients';
  readonly entry?: NsEntry;
}

/**
 * The schedule whose smallest output on [lower, 1] is largest, one minimax polynomial a step.
 *
 * @param lower smallest singular value that matters, after entry normalisation, in (0, 1]
 * @param kinds degree of each step, first to last
 * @throws DomainError for a bound, cushion or safety out of range, or no step
 * @accuracy coefficients to about 1e-13 relative, `lower` down to 1e-9
 * @source Amsel, Persson, Musco, Gower 2025, arXiv:2505.16932, Alg. 1
 * @example designComposition(5e-5, Array(7).fill('quintic')) // smallest output on [5e-5, 1]: 0.865
 */
export function designComposition(lower: number, kinds: readonly StepKind[], options: DesignOptions = {}): NsSchedule {
  const { cushion = 0, safety = 1, safetyFoldedInto = 'interval', entry = FROBENIUS } = options;
  requireDesign(lower, kinds, cushion, safety);
  const shrink = safetyFoldedInto === 'interval' ? safety : 1;
  const coefficients: NsCoefficients[] = [];
  let [l, u] = [lower, 1];
  for (const [k, kind] of kinds.entries()) {
    const centred = centredStep(kind, l, u, cushion);
    const step = k === kinds.length - 1 ? centred : shrinkInput(centred, shrink);
    coefficients.push(step);
    l = Math.min(1, evaluate(step, l)); // rounding carries a converged l past 1
    u = 2 - l;
  }
  return {
    name: `minimax(${significant(lower)}) x${kinds.length}`,
    source: 'minimax composition of arXiv:2505.16932',
    coefficients: safetyFoldedInto === 'coefficients' ? withSafety(coefficients, safety) : coefficients,
    entry,
    precision: 'float32',
  };
}

/** The usual entry: M / (||M||_F + 1e-7). */
export const FROBENIUS: NsEntry = { normalisation: 'frobenius', scale: 1, epsilon: 1e-7 };

/** Step 2 of the head comment. */
function centredStep(kind: StepKind, l: number, u: number, cushion: number): NsCoefficients {
  const from = Math.max(l, cushion * u);
  const [a, b, c] = kind === 'cubic' ? minimaxCubic(from, u) : minimaxQuintic(from, u);
  if (from === l) return [a, b, c];
  const [least, most] = image([a, b, c], [l, u]); // p(l), and of a quintic p(u); a cubic is largest inside
  const scale = 2 / (least + most);
  return [a * scale, b * scale, c * scale];
}

function requireDesign(lower: number, kinds: readonly StepKind[], cushion: number, safety: number): void {
  if (!(lower > 0 && lower <= 1))
    throw new DomainError(`design: the smallest singular value must lie in (0, 1], got ${lower}`);
  if (kinds.length === 0) throw new DomainError('design: at least one step is needed, got none');
  if (!(cushion >= 0 && cushion < 1)) throw new DomainError(`design: the cushion must lie in [0, 1), got ${cushion}`);
  if (!(safety >= 1 && safety < 2)) throw new DomainError(`design: the safety must lie in [1, 2), got ${safety}`);
}
