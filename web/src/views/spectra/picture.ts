/** From a matrix's records to what the spectrum charts draw. */

import { response } from '../../../../src/newtonSchulz/response.ts';
import type { NsSchedule } from '../../../../src/newtonSchulz/schedule.ts';
import type { ShareAbove, SpectrumPicture } from '../../../../src/report/charts/spectrumSpecs.ts';
import { marchenkoPasturEdges, marchenkoPasturQuantile } from '../../../../src/spectra/marchenkoPastur.ts';
import type { PageHistory } from '../../../../src/workflows/pageData.ts';

const LAW_POINTS = 80;
/** Fine enough for the ripples of eight steps over four decades; what is drawn is thinned to its envelope. */
const RESPONSE_POINTS = 2000;

/** Largest, quantiles and smallest value of the record at place `at`: shares ascend. */
export function measuredShares(
  { quantiles, values, spectral, smallest }: PageHistory,
  at: number,
  rank: number,
): ShareAbove[] {
  const inner = quantiles.map((share, i) => ({ share, sigma: values[i]?.[at] ?? Number.NaN }));
  const all = [
    { share: 1 / rank, sigma: spectral[at] ?? Number.NaN },
    ...inner,
    { share: 1, sigma: smallest[at] ?? Number.NaN },
  ];
  return all.filter(({ share, sigma }, i) => sigma > 0 && (i === 0 || share > 1 / rank));
}

/** The Marchenko-Pastur law of a shape, in the units of records, from its upper edge on. */
export function marchenkoPasturShares([m, n]: readonly [number, number]): ShareAbove[] {
  const rank = Math.min(m, n);
  const beta = rank / Math.max(m, n);
  const unit = 1 / Math.sqrt(rank);
  const edge = { share: 0, sigma: marchenkoPasturEdges(beta)[1] * unit };
  const inner = Array.from({ length: LAW_POINTS }, (_, i) => {
    const share = (i + 0.5) / LAW_POINTS;
    return { share, sigma: marchenkoPasturQuantile(share, beta) * unit };
  });
  return [edge, ...inner];
}

/** @param schedule null for none @param factor on singular values in the drawing */
export function responseOver(
  schedule: NsSchedule | null,
  [low, high]: readonly [number, number],
  factor: number,
): SpectrumPicture['response'] {
  if (schedule === null) return null;
  const top = Math.min(1, high / factor);
  const bottom = Math.min(low / factor, top);
  const sigma = Array.from(
    { length: RESPONSE_POINTS },
    (_, i) => bottom * (top / bottom) ** (i / (RESPONSE_POINTS - 1)),
  );
  const output = response(sigma, schedule);
  return { name: schedule.name, points: sigma.map((value, i) => ({ sigma: value, output: output[i] ?? 0 })) };
}
