/** Which singular values a schedule leaves below a level: exact intervals, not samples. */
import { DomainError } from '../base/errors.ts';
import { image, joined, preimage, type Range } from './oddPolynomial.ts';
import type { NsSchedule } from './schedule.ts';

/**
 * The sigma in [0, 1] whose output is at most `level`.
 *
 * The set (-infinity, level] is followed backwards through the steps. A monotone schedule gives one interval that
 * starts at 0; one that overshoots may add others.
 *
 * @param level any finite number
 * @returns closed intervals, ascending, disjoint; empty if every output lies above
 * @throws DomainError if the level is not finite
 * @example inputsBelow(0.6, scheduleOf('jordan', 5)) // [[0, 0.001302...]]
 */
export function inputsBelow(
  level: number,
  { entry, coefficients }: Pick<NsSchedule, 'entry' | 'coefficients'>,
): readonly Range[] {
  if (!Number.isFinite(level)) throw new DomainError(`Newton-Schulz inputs: the level must be finite, got ${level}`);
  const reached: Range[] = [[0, 1 / entry.scale]]; // reached[k]: all values after k steps
  for (const step of coefficients) reached.push(image(step, reached[reached.length - 1]!));
  let wanted: readonly Range[] = [[Number.NEGATIVE_INFINITY, level]];
  for (let k = coefficients.length - 1; k >= 0; k--)
    wanted = joined(wanted.flatMap((target) => preimage(coefficients[k]!, target, reached[k]!)));
  return wanted.map(([low, high]) => [low * entry.scale, high * entry.scale]);
}
