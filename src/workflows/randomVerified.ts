/** The share of directions that matrices drawn at a predicted width leave behind. */
import { studentFactor } from '../base/studentT.ts';
import { mean, variance } from '../base/sums.ts';
import type { VerifiedWidth } from '../spectra/randomSpectra.ts';
import type { Shape } from './randomLimit.ts';
import type { RandomTally } from './randomTally.ts';

/** Fewer matrices give no interval worth the name: their shares are counts of a few directions. */
export const LEAST_VERIFYING = 8;

/**
 * Mean over matrices with its 95 % interval by Student's t.
 *
 * @param group matrices drawn at that width; undefined if none were planned
 * @param schedule index of the schedule in the tally
 * @returns null with fewer than {@link LEAST_VERIFYING} matrices
 */
export function verifiedWidth(
  group: { readonly size: Shape; readonly tally: RandomTally } | undefined,
  schedule: number,
): VerifiedWidth | null {
  const shares = group?.tally.sharesBelow(schedule) ?? [];
  if (!group || shares.length < LEAST_VERIFYING) return null;
  const below = mean(shares);
  const margin = studentFactor(shares.length - 1) * Math.sqrt(variance(shares) / shares.length);
  const { rows, columns } = group.size;
  return { rows, columns, matrices: shares.length, below, low: below - margin, high: below + margin };
}
