/** Spectra one line each, as they are measured: columns are set before the first line is known. */
import { formatShare, significant } from '../../base/numbers.ts';
import type { ListedMatrix, ScannedSpectrum } from '../../spectra/scannedMomentum.ts';
import { DEFAULT_WIDTH } from '../terminal.ts';
import { shapeText, shownNames } from './matrixNames.ts';

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
export const SCAN_LEGEND =
  'singular values of M / ||M||_F at quantiles of the descending spectrum: q0.9 is small; stable rank; share of the largest direction';

interface NumberColumn {
  readonly title: string;
  text(spectrum: ScannedLine): string;
}

const COLUMNS: readonly NumberColumn[] = [
  quantileColumn(0.1),
  quantileColumn(0.5),
  quantileColumn(0.9),
  { title: 'smallest', text: ({ smallest }) => sigmaText(smallest) },
  { title: 'stable', text: ({ stableRank }) => significant(stableRank, 3) },
  { title: 'largest', text: ({ outlierShare }) => formatShare(outlierShare, 2) },
];
/** Left out in this order where names need the room. */
const DISPENSABLE = ['q0.1', 'smallest', 'stable'];

const GAP = '  ';
const NUMBER = 8;
const NARROWEST = 12;

/** @param matrices all that are to come */
export function scanLines(
  matrices: readonly Pick<ListedMatrix, 'name' | 'shape'>[],
  width: number = DEFAULT_WIDTH,
): ScanLines {
  const shown = shownNames(matrices.map(({ name }) => name));
  const longest = Math.max(6, ...matrices.map(({ name }) => shown(name).length));
  const shapeWidth = Math.max(5, ...matrices.map(({ shape }) => shapeText(shape).length));
  const roomBeside = (columns: readonly NumberColumn[]): number =>
    width - GAP.length - shapeWidth - columns.length * (GAP.length + NUMBER);
  let columns = COLUMNS;
  for (const title of DISPENSABLE)
    if (roomBeside(columns) < longest) columns = columns.filter((column) => column.title !== title);
  const nameWidth = Math.max(NARROWEST, Math.min(longest, roomBeside(columns)));
  const row = (name: string, shape: string, cells: readonly string[]): string =>
    [name.padEnd(nameWidth), shape.padStart(shapeWidth), ...cells.map((cell) => cell.padStart(NUMBER))].join(GAP);
  return {
    header: row(
      'matrix',
      'shape',
      columns.map(({ title }) => title),
    ),
    line: (spectrum) =>
      row(
        shown(spectrum.name, nameWidth),
        shapeText(spectrum.shape),
        columns.map((column) => column.text(spectrum)),
      ),
  };
}

function quantileColumn(q: number): NumberColumn {
  return { title: `q${q}`, text: ({ quantiles, values }) => sigmaText(values[quantiles.indexOf(q)]) };
}

function sigmaText(sigma: number | undefined): string {
  if (sigma === undefined) return '-';
  return sigma === 0 ? '0' : sigma.toExponential(1);
}
