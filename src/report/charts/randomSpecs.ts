/** The four charts of an experiment on random matrices. */
import { formatShare } from '../../base/numbers.ts';
import type { RandomSpectra } from '../../spectra/randomSpectra.ts';
import type { RandomReportData } from '../randomReportData.ts';
import { number } from '../wording.ts';
import type { ChartSpec } from './chartSpec.ts';
import { randomLossSpec } from './randomLossSpec.ts';
import { randomOutputSpec } from './randomOutputSpec.ts';
import { randomScalingSpec } from './randomScalingSpec.ts';
import { randomSpectrumSpec } from './randomSpectrumSpec.ts';

/** null where two sizes would be needed, or nothing is left behind. */
export interface RandomSpecs {
  readonly spectrum: ChartSpec | null;
  readonly scaling: ChartSpec | null;
  readonly outputs: ChartSpec | null;
  readonly loss: ChartSpec | null;
}

export function randomSpecs({ spectra, curves }: Pick<RandomReportData, 'spectra' | 'curves'>): RandomSpecs {
  return {
    spectrum: randomSpectrumSpec(spectra),
    scaling: randomScalingSpec(spectra),
    outputs: randomOutputSpec(spectra),
    loss: randomLossSpec(spectra, curves),
  };
}

const HARD_EDGE =
  'Square matrices of finite size have slightly more values near 0 than the limit law, up to a quarter of a direction, so points lie above the lines where few directions are lost.';

/** What a reader should know beside each chart. */
export function randomCaptions({ aspect, level, share }: RandomSpectra): Readonly<Record<keyof RandomSpecs, string>> {
  const isSquare = aspect === 1;
  const smallest = isSquare
    ? 'The law has no smallest value: for square matrices it shrinks as r to the power −3/2.'
    : 'The smallest value tends to the lower edge of the law.';
  return {
    spectrum: 'Bars are measured, lines the law. What lies left of a threshold is lost.',
    scaling: `Points are means over matrices, lines the law at the same quantile; the numbers are fitted exponents. ${smallest}`,
    outputs: `What came in below the threshold of a schedule lies left of ${number(level)}; its share stands in the corner.`,
    loss: `The dotted line is ${formatShare(share)}; where a curve crosses it is the width in the table.${isSquare ? ` ${HARD_EDGE}` : ''}`,
  };
}
