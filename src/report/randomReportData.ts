/** What a report shows of an experiment on random matrices, as plain data. */
import type { RandomSpectra } from '../spectra/randomSpectra.ts';

export interface RandomReportData {
  readonly spectra: RandomSpectra;
  /** One for each of `spectra.widths`. */
  readonly curves: readonly LossCurve[];
  /** "gaussian", "student:5". */
  readonly entries: string;
}

/** Share of directions that a schedule leaves below the level by Marchenko-Pastur, over the smaller dimension. */
export interface LossCurve {
  readonly schedule: string;
  readonly points: readonly { readonly rows: number; readonly below: number }[];
}
