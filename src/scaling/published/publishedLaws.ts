/** The laws of arXiv:2606.04058, fitted from its published values. */
import type { Measurement } from '../fitLaw.ts';
import { lawsDocument } from '../fitLaws.ts';
import type { LawsDocument } from '../law.ts';
import type { MeasuredLaw } from '../poolLaws.ts';
import {
  PUBLISHED_LABEL_NOTE,
  PUBLISHED_LADDER,
  PUBLISHED_PANELS,
  PUBLISHED_QUANTILES,
  PUBLISHED_SOURCE,
  type PublishedPanel,
} from './spectralLaws.ts';

/** Name under which commands take these laws, where they would take a study. */
export const PUBLISHED = 'published';

/**
 * 120 laws (six roles, depths 0.25, 0.5, 0.75, 1, five quantiles) and 24 pooled exponents.
 *
 * The figure gives no errors and no trajectories: intervals come from the scatter about the laws, and nothing is known
 * about settling. Sizes are totals, embeddings included. All matrices have min(m, n) = width.
 *
 * @accuracy pooled exponents equal the 24 printed ones to two decimals
 * @source arXiv:2606.04058v2, Figure 16
 */
export function publishedLaws(): LawsDocument {
  const options = { sizeConvention: 'total', source: PUBLISHED_SOURCE, ladder: PUBLISHED_LADDER } as const;
  return lawsDocument(PUBLISHED_PANELS.flatMap(lawsOfPanel), options, [PUBLISHED_LABEL_NOTE]);
}

function lawsOfPanel({ role, depth, values }: PublishedPanel): MeasuredLaw[] {
  return PUBLISHED_QUANTILES.map((quantile, i) => ({
    role,
    depth,
    quantile,
    measurements: PUBLISHED_LADDER.map(({ params, width }, j) => measurementOf(params, width, values[i]![j]!)),
  }));
}

function measurementOf(params: number, width: number, value: number): Measurement {
  return { run: `${params / 1e6}M`, params, value, logError: 0, smallerDimension: width, verdict: null };
}
