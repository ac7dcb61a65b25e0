/** The laws of arXiv:2606.04058, fitted from its published values. */
import type { Measurement } from '../fitLaw.ts';
import { lawsDocument } from '../fitLaws.ts';
import type { LawsDocument, SizeConvention } from '../law.ts';
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
 * about settling. All matrices have min(m, n) = width.
 *
 * @param sizeConvention "total" are the printed sizes, embeddings included; "nonEmbedding" counts 12 L d^2, by which the
 *   printed ones follow with a vocabulary of 50257 to their printed digits
 * @accuracy pooled exponents equal the 24 printed ones to two decimals
 * @source arXiv:2606.04058v2, Figure 16
 */
export function publishedLaws(sizeConvention: SizeConvention = 'total'): LawsDocument {
  const sizeOf = ({ params, width, layers }: Rung): number =>
    sizeConvention === 'total' ? params : 12 * layers * width ** 2;
  const options = {
    sizeConvention,
    source: PUBLISHED_SOURCE,
    ladder: PUBLISHED_LADDER.map((rung) => ({ ...rung, params: sizeOf(rung) })),
  };
  return lawsDocument(
    PUBLISHED_PANELS.flatMap((panel) => lawsOfPanel(panel, sizeOf)),
    options,
    [PUBLISHED_LABEL_NOTE],
  );
}

type Rung = (typeof PUBLISHED_LADDER)[number];

function lawsOfPanel({ role, depth, values }: PublishedPanel, sizeOf: (rung: Rung) => number): MeasuredLaw[] {
  return PUBLISHED_QUANTILES.map((quantile, i) => ({
    role,
    depth,
    quantile,
    measurements: PUBLISHED_LADDER.map((rung, j) => measurementOf(rung, sizeOf(rung), values[i]![j]!)),
  }));
}

function measurementOf({ params: total, width }: Rung, params: number, value: number): Measurement {
  return { run: `${total / 1e6}M`, params, value, logError: 0, smallerDimension: width, verdict: null };
}
