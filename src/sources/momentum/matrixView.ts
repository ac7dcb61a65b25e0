/** A matrix that stands in a larger tensor: which elements it is made of, and reading no others. */
import type { Matrix } from '../../linalg/matrix.ts';
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';

type Entries = Matrix['data'];

/** Rows or columns [begin, end). */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Rows and columns of a row-major matrix of `stride` columns that begins at element `offset` of a tensor. */
export interface MatrixView {
  readonly tensor: CheckpointTensor;
  readonly offset: number;
  readonly stride: number;
  /** In order, without overlap. */
  readonly rows: readonly Range[];
  readonly columns: readonly Range[];
}

/** Elements taken at once where columns are left out: 4 MiB of float32. */
const BAND_ELEMENTS = 2 ** 20;

/** Matrix `index` of a stack of (m, n) matrices. */
export function wholeView(tensor: CheckpointTensor, index: number, m: number, n: number): MatrixView {
  const [rows, columns] = [[{ begin: 0, end: m }], [{ begin: 0, end: n }]];
  return { tensor, offset: index * m * n, stride: n, rows, columns };
}

/** [m, n] */
export function shapeOf({ rows, columns }: MatrixView): readonly [number, number] {
  return [lengthOf(rows), lengthOf(columns)];
}

/**
 * @returns the view's rows and columns joined, in the tensor's float32 or float64
 * @throws FormatError as CheckpointTensor.read
 */
export async function readView(view: MatrixView): Promise<Matrix> {
  const [rows, columns] = shapeOf(view);
  const bands = bandsOf(view);
  const [only] = bands;
  if (bands.length === 1 && only && lengthOf(view.columns) === view.stride)
    return { rows, columns, data: await readRows(view, only) };
  let data: Entries | null = null;
  let at = 0;
  for (const band of bands) {
    const entries = await readRows(view, band);
    data ??= entries instanceof Float64Array ? new Float64Array(rows * columns) : new Float32Array(rows * columns);
    at = copyColumns(entries, view, data, at);
  }
  return { rows, columns, data: data ?? new Float32Array(0) };
}

/** Runs of rows read in one piece: whole ranges, or bands of them where columns are left out. */
function bandsOf({ rows, columns, stride }: MatrixView): readonly Range[] {
  if (lengthOf(columns) === stride) return rows;
  const height = Math.max(1, Math.floor(BAND_ELEMENTS / stride));
  return rows.flatMap(({ begin, end }) =>
    Array.from({ length: Math.ceil((end - begin) / height) }, (_, k) => ({
      begin: begin + k * height,
      end: Math.min(end, begin + (k + 1) * height),
    })),
  );
}

function readRows({ tensor, offset, stride }: MatrixView, { begin, end }: Range): Promise<Entries> {
  return tensor.read(offset + begin * stride, offset + end * stride);
}

/** @returns where the next entry goes */
function copyColumns(entries: Entries, { columns, stride }: MatrixView, into: Entries, at: number): number {
  let next = at;
  for (let row = 0; row < entries.length; row += stride)
    for (const { begin, end } of columns) {
      into.set(entries.subarray(row + begin, row + end), next);
      next += end - begin;
    }
  return next;
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { begin, end }) => sum + end - begin, 0);
}
