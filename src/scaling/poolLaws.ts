/**
 * One exponent for a role and depth: a shared slope, one intercept a quantile.
 *
 * With the same runs for every quantile the shared slope is the mean of the slopes of the quantiles, which is the slope
 * of the line through mean_q ln(value). So the pooled law is the law of the geometric mean over the quantiles, and its
 * interval takes the run as the unit of chance, as it must: the quantiles of one matrix scatter together.
 *
 * Source: arXiv:2606.04058 prints the mean of five per-quantile slopes for each panel of Figure 16.
 */
import { mean } from '../base/sums.ts';
import { createDraws, type DrawSource } from './bootstrap.ts';
import { fitExponent, type LawIdentity, type Measurement, sizePoints } from './fitLaw.ts';
import type { PooledLaw } from './law.ts';

/** The five quantiles of arXiv:2606.04058. */
export const POOLED_QUANTILES: readonly number[] = [0.1, 0.25, 0.5, 0.75, 0.9];

/** What one law is fitted to. */
export interface MeasuredLaw extends LawIdentity {
  readonly measurements: readonly Measurement[];
}

/**
 * Pools the quantiles of one role and depth, over the runs that have a value at each of them.
 *
 * @param laws of one role and depth, one a quantile; quantiles outside {@link POOLED_QUANTILES} are not pooled
 * @param drawsFor of the bootstrap
 * @returns null if none of the quantiles is to be pooled, or fewer than two sizes have all of them
 * @throws DomainError as fitLaw
 */
export function poolLaws(laws: readonly MeasuredLaw[], drawsFor: DrawSource = createDraws(0)): PooledLaw | null {
  const pooled = laws.filter((law) => POOLED_QUANTILES.includes(law.quantile));
  const [first] = pooled;
  if (first === undefined) return null;
  const measurements = geometricMeans(pooled);
  if (new Set(measurements.map((m) => m.params)).size < 2) return null;
  const { role, depth } = first;
  const where = `poolLaws: ${role} at depth ${depth}`;
  const { exponent, margin } = fitExponent(sizePoints(where, measurements), drawsFor);
  const quantiles = pooled.map((law) => law.quantile);
  return { role, depth, exponent, low: exponent - margin, high: exponent + margin, quantiles };
}

/** One measurement a run: the geometric mean over the quantiles, whose settling errors are taken as fully correlated. */
function geometricMeans(laws: readonly MeasuredLaw[]): Measurement[] {
  const runs = new Map<string, { readonly members: Measurement[]; readonly quantiles: Set<number> }>();
  for (const { quantile, measurements } of laws)
    for (const measurement of measurements) {
      const key = JSON.stringify([measurement.run, measurement.params]);
      const run = runs.get(key) ?? { members: [], quantiles: new Set() };
      run.members.push(measurement);
      run.quantiles.add(quantile);
      runs.set(key, run);
    }
  return [...runs.values()]
    .filter((run) => run.quantiles.size === laws.length)
    .map(({ members }) => ({
      ...members[0]!,
      value: Math.exp(mean(members.map((m) => Math.log(m.value)))),
      logError: mean(members.map((m) => m.logError)),
    }));
}
