/** The laws as a report shows them: all quantiles of the paper, every role, up to four depths. */
import type { LawCurve, LawsDocument } from '../../scaling/law.ts';
import { chartQuantiles } from '../cells.ts';
import type { Chart } from './chart.ts';
import { lawDomains, lawPanelsSpec } from './lawPanelsSpec.ts';
import { specChart } from './specChart.ts';

/**
 * @param curves of every law, to the target
 * @param target model size the forecast runs to; null to draw the ladder only
 * @returns null if there is no law to draw
 */
export function lawChart(document: LawsDocument, curves: readonly LawCurve[], target: number | null): Chart | null {
  const quantiles = chartQuantiles(document.laws.map(({ quantile }) => quantile));
  const panels = { label: null, document, curves, quantiles, target, shows: 'values' } as const;
  const domains = lawDomains([panels]);
  return domains === null ? null : specChart(lawPanelsSpec({ ...panels, domains }));
}
