/** What a report shows of an experiment on random matrices: the record and the curves of its schedules. */
import type { LossCurve, RandomReportData } from '../report/randomReportData.ts';
import { formatEntries } from '../sources/randomEnsembles.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { limitShareBelow } from './randomLimit.ts';

/** Widths at which loss curves are drawn: 8 to this, evenly in the logarithm. */
const LARGEST_DRAWN = 1e7;
const SMALLEST_DRAWN = 8;
const DRAWN_POINTS = 120;

export function randomReportData(spectra: RandomSpectra): RandomReportData {
  return { spectra, curves: lossCurves(spectra), entries: formatEntries(spectra.entries) };
}

function lossCurves({ widths, level, aspect }: RandomSpectra): readonly LossCurve[] {
  const ratio = (LARGEST_DRAWN / SMALLEST_DRAWN) ** (1 / (DRAWN_POINTS - 1));
  const drawn = Array.from({ length: DRAWN_POINTS }, (_, i) => Math.round(SMALLEST_DRAWN * ratio ** i));
  return widths.map(({ schedule, coefficients, entry }) => {
    const below = limitShareBelow(level, { coefficients, entry });
    return {
      schedule,
      points: drawn.map((rows) => ({ rows, below: below({ rows, columns: Math.round(rows * aspect) }) })),
    };
  });
}
