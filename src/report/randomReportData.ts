/** Everything the page of `random --out` shows, as plain data. */
import type { RandomSpectra } from '../spectra/randomSpectra.ts';

export interface RandomReportData {
  readonly spectra: RandomSpectra;
  /** One for each of `spectra.widths`. */
  readonly curves: readonly LossCurve[];
  /** "gaussian", "student:5". */
  readonly entries: string;
  /** Makes the experiment again. */
  readonly command: string;
  readonly seconds: number;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Share of directions that a schedule leaves below the level by Marchenko-Pastur, over the smaller dimension. */
export interface LossCurve {
  readonly schedule: string;
  readonly points: readonly { readonly rows: number; readonly below: number }[];
}
