/** Every law of a ladder: from settled values to the document that is printed, saved and planned from. */

import { DomainError } from '../base/errors.ts';
import { grouped } from '../base/grouped.ts';
import type { SettledValue } from '../stability/plateau.ts';
import { createDraws } from './bootstrap.ts';
import { fitLaw, type Measurement } from './fitLaw.ts';
import type { LawsDocument, PooledLaw, SizeConvention } from './law.ts';
import { type MeasuredLaw, poolLaws } from './poolLaws.ts';

/** Fewer sizes cannot be compared with a curve: AICc is not defined for three coefficients and the noise. */
const FEWEST_FOR_CURVATURE = 6;

export interface FitLawsOptions {
  readonly sizeConvention: SizeConvention;
  /** Where the values come from, shown with every law. */
  readonly source: string;
  /** Of the bootstrap. */
  readonly seed?: number;
  readonly ladder: LawsDocument['ladder'];
}

/**
 * Fits a law for each role, depth and quantile, and pools the quantiles of each role and depth.
 *
 * A depth is fitted where every size has a layer at exactly that depth: with 4 and 8 layers the eighths are left out, and a
 * warning says so. A value whose window held no sample (null) is left out of its law, again with a warning.
 *
 * @param settled any number of runs, in any order
 * @returns laws by role in order of first appearance, then depth, then quantile, ascending
 * @throws DomainError for fewer than two sizes, or a value that is not positive and finite
 */
export function fitLaws(settled: readonly SettledValue[], options: FitLawsOptions): LawsDocument {
  const size = (s: SettledValue): number => (options.sizeConvention === 'total' ? s.params : s.nonEmbeddingParams);
  const sizes = new Set(settled.map(size));
  if (sizes.size < 2)
    throw new DomainError(
      `fitLaws: laws need at least two model sizes, got ${sizes.size} in ${options.source}; add runs of other sizes`,
    );
  const warnings: string[] = [];
  const laws = lawsAtCommonDepths(settled, size, warnings);
  if (sizes.size < FEWEST_FOR_CURVATURE)
    warnings.push(
      `a bend of the laws cannot be told from scatter: that takes ${FEWEST_FOR_CURVATURE} sizes, there are ${sizes.size}`,
    );
  return lawsDocument(laws, options, warnings);
}

/**
 * The document for laws whose measurements are already gathered.
 *
 * @param laws those of one role and depth next to each other
 */
export function lawsDocument(
  laws: readonly MeasuredLaw[],
  { sizeConvention, source, seed = 0, ladder }: FitLawsOptions,
  warnings: readonly string[],
): LawsDocument {
  const drawsFor = createDraws(seed);
  const panels = grouped(laws, (law) => JSON.stringify([law.role, law.depth]));
  return {
    schema: 'muonscope.laws/1',
    source,
    sizeConvention,
    laws: laws.map(({ measurements, ...identity }) => fitLaw(identity, measurements, drawsFor)),
    pooled: panels.map((panel) => poolLaws(panel, drawsFor)).filter((pooled): pooled is PooledLaw => pooled !== null),
    ladder,
    warnings,
  };
}

/** Appends to `warnings` what had to be left out. */
function lawsAtCommonDepths(
  settled: readonly SettledValue[],
  size: (settled: SettledValue) => number,
  warnings: string[],
): MeasuredLaw[] {
  const laws: MeasuredLaw[] = [];
  const left: { readonly role: string; readonly depth: number }[] = [];
  for (const ofRole of grouped(settled, (s) => s.role)) {
    const sizesOfRole = Math.max(2, new Set(ofRole.map(size)).size);
    const byDepth = grouped(ofRole, (s) => String(depthKey(s.depth))).sort((a, b) => a[0]!.depth - b[0]!.depth);
    for (const atDepth of byDepth) {
      const { role } = atDepth[0]!;
      const depth = depthKey(atDepth[0]!.depth);
      if (new Set(atDepth.map(size)).size < sizesOfRole) left.push({ role, depth });
      else laws.push(...lawsAt(atDepth, depth, size, warnings));
    }
  }
  const rolesLeft = (depth: number): string => left.flatMap((l) => (l.depth === depth ? [l.role] : [])).join(', ');
  for (const sameRoles of grouped([...new Set(left.map(({ depth }) => depth))], rolesLeft))
    warnings.push(`depths left out, not every size has them: ${sameRoles.join(', ')} of ${rolesLeft(sameRoles[0]!)}`);
  return laws;
}

function lawsAt(
  settled: readonly SettledValue[],
  depth: number,
  size: (settled: SettledValue) => number,
  warnings: string[],
): MeasuredLaw[] {
  const laws: MeasuredLaw[] = [];
  for (const group of grouped(settled, (s) => String(s.quantile)).sort((a, b) => a[0]!.quantile - b[0]!.quantile)) {
    const { role, quantile } = group[0]!;
    const where = `${role} at depth ${depth}, quantile ${quantile}`;
    const empty = group.filter((s) => s.plateau.value === null);
    const measurements = group.flatMap((s) => measurementOf(s, size(s)));
    if (empty.length > 0) warnings.push(`no sample in the window: ${where}, of ${empty.map((s) => s.run).join(', ')}`);
    if (new Set(measurements.map((m) => m.params)).size < 2)
      warnings.push(`left out, fewer than two sizes have a settled value: ${where}`);
    else laws.push({ role, depth, quantile, measurements });
  }
  return laws;
}

function measurementOf({ run, shape, plateau }: SettledValue, params: number): Measurement[] {
  if (plateau.value === null) return [];
  return [
    {
      run,
      params,
      value: plateau.value,
      // Infinity says "too few samples to know"; the residuals of the law are then all there is.
      logError: plateau.logError === Number.POSITIVE_INFINITY ? 0 : plateau.logError,
      smallerDimension: Math.min(...shape),
      verdict: plateau.verdict,
    },
  ];
}

/** Depths are ratios of small integers: equal ones agree far beyond six digits. */
function depthKey(depth: number): number {
  return Number(depth.toFixed(6));
}
