/** Spectra one line each, as they are measured: columns are set before the first line is known. */

import { formatShare, significant } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { ListedMatrix, ScannedSpectrum } from '../../spectra/scannedMomentum.ts';
import { DEFAULT_WIDTH } from '../terminal.ts';

/** What stands in a line. */
type ScannedLine = Pick<
  ScannedSpectrum,
  'name' | 'shape' | 'quantiles' | 'values' | 'smallest' | 'stableRank' | 'outlierShare'
>;

/** Prints lines under one header. */
export interface ScanLines {
  readonly header: string;
  line(spectrum: ScannedLine): string;
}

/** What the columns are, in one line. */
export const SCAN_LEGEND = 'singular values of M / ||M||_F at quantiles of the descending spectrum: q0.9 is small';

const SHOWN_QUANTILES = [0.1, 0.5, 0.9];
const GAP = '  ';
const NUMBER = 8;
const NARROWEST = 16;

/** @param names of all matrices to come */
export function scanLines(
  matrices: readonly Pick<ListedMatrix, 'name' | 'shape'>[],
  width: number = DEFAULT_WIDTH,
): ScanLines {
  const shapeWidth = Math.max(5, ...matrices.map(({ shape }) => shapeText(shape).length));
  const numbers = [...SHOWN_QUANTILES.map((q) => `q${q}`), 'smallest', 'stable', 'outlier'];
  const rest = GAP.length + shapeWidth + numbers.length * (GAP.length + NUMBER);
  const longest = Math.max(6, ...matrices.map(({ name }) => shown(name).length));
  const nameWidth = Math.max(NARROWEST, Math.min(longest, width - rest));
  const row = (name: string, shape: string, cells: readonly string[]): string =>
    [
      shortened(name, nameWidth).padEnd(nameWidth),
      shape.padStart(shapeWidth),
      ...cells.map((cell) => cell.padStart(NUMBER)),
    ].join(GAP);
  return {
    header: row('matrix', 'shape', numbers),
    line: ({ name, shape, quantiles, values, smallest, stableRank, outlierShare }) =>
      row(shown(name), shapeText(shape), [
        ...SHOWN_QUANTILES.map((q) => sigmaText(values[quantiles.indexOf(q)])),
        sigmaText(smallest),
        significant(stableRank, 3),
        formatShare(outlierShare, 2),
      ]),
  };
}

/** "1024 x 4096" */
export function shapeText(shape: readonly number[] | null): string {
  return shape === null ? '-' : shape.join(' x ');
}

/** The middle left out: names of parameters differ at both ends. */
export function shortened(name: string, width: number): string {
  if (name.length <= width) return name;
  const start = Math.floor((width - 1) / 2);
  return `${name.slice(0, start)}…${name.slice(name.length - (width - 1 - start))}`;
}

function shown(name: string): string {
  return printable(name);
}

function sigmaText(sigma: number | undefined): string {
  if (sigma === undefined) return '-';
  return sigma === 0 ? '0' : sigma.toExponential(1);
}
