/**
 * Newton-Schulz on a real matrix in low precision: the ground truth for `precisionModel`.
 *
 * 1. Lay the matrix wide, m <= n, and divide by the entry norm in float32.
 * 2. Each step: round X to the format it is kept in; A = X X^T, rounded; B = b A + c A A, rounded; X <- a X + B X.
 *    Operands are rounded, sums are float32, as on matrix engines with a fused epilogue.
 * 3. Round the result, turn back.
 *
 * "deflation" removes the top direction before step 1 and puts it back at 1 after step 3; "tight entry" replaces the norm.
 * Roughly 1 GFLOP/s: 0.1 s for ten steps at 128 x 128, 5 s at 512 x 512.
 */
import { requireFinite, requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { type Float32Matrix, gram, timesTransposed, transposed } from './float32Products.ts';
import { type Remedy, type Storage, storageOf } from './remedy.ts';
import { rounded } from './rounding.ts';
import type { NsCoefficients, NsPrecision, NsSchedule } from './schedule.ts';
import { removeTopDirection, restoreDirection } from './topDirection.ts';

/** How {@link emulate} runs a schedule. */
export interface EmulationOptions {
  /** The schedule's own if left out. */
  readonly precision?: NsPrecision;
  readonly remedy?: Remedy;
}

/**
 * The orthonormalised matrix as low-precision products give it.
 *
 * @param matrix (m, n), any scale that float32 holds; zero gives zero
 * @returns (m, n), float32
 * @throws DomainError if an entry is not finite, the data do not fit the shape, the schedule has another entry than
 *   "frobenius", or an iterate leaves the range of the precision
 */
export function emulate(matrix: Matrix, schedule: NsSchedule, options: EmulationOptions = {}): Matrix {
  const { precision = schedule.precision, remedy = 'none' } = options;
  requireEmulable(matrix, schedule);
  const given: Float32Matrix = { ...matrix, data: Float32Array.from(matrix.data) };
  const tall = given.rows > given.columns;
  const wide = tall ? transposed(given) : given; // (m, n), m <= n
  const top = remedy === 'deflation' ? removeTopDirection(wide) : null;
  const entered = enter(top === null ? wide : top.rest, schedule, remedy);
  const storage = storageOf(precision, remedy);
  let x = entered;
  for (const [k, coefficients] of schedule.coefficients.entries()) x = step(x, coefficients, k, storage);
  x = { ...x, data: rounded(x.data, storage.iterate(schedule.coefficients.length)) };
  requireInRange(x, precision);
  const out = top === null ? x : restoreDirection(x, top.u, top.v);
  return tall ? transposed(out) : out;
}

/** Step 1 of the head comment. */
function enter(x: Float32Matrix, { entry }: NsSchedule, remedy: Remedy): Float32Matrix {
  const norm = frobenius(x);
  if (norm === 0) return x;
  const unit = x.data.map((value) => value / norm);
  const tight = remedy === 'tight entry' ? Math.sqrt(frobenius(gram(gram({ ...x, data: unit })))) : 1;
  const divisor = entry.scale * Math.sqrt(tight) + entry.epsilon / norm;
  return { ...x, data: unit.map((value) => value / divisor) };
}

/** Step 2 of the head comment. */
function step(given: Float32Matrix, [a, b, c]: NsCoefficients, k: number, storage: Storage): Float32Matrix {
  const operands = storage.operands(k);
  const x = { ...given, data: rounded(given.data, storage.iterate(k)) };
  const operand = { ...x, data: rounded(x.data, operands) };
  const gramMatrix = gram(operand); // (m, m)
  const roundedGram = { ...gramMatrix, data: rounded(gramMatrix.data, operands) };
  const linear = operands === 'tf32' ? gramMatrix : roundedGram;
  const square = c === 0 ? null : gram(roundedGram); // A A^T, and A is symmetric
  const mixed = linear.data.map((value, i) => b * value + c * (square === null ? 0 : square.data[i]!));
  const b1 = { ...gramMatrix, data: rounded(mixed, operands) };
  const product = timesTransposed(b1, transposed(operand)); // (m, n)
  return { ...x, data: product.data.map((value, i) => a * x.data[i]! + value) };
}

function frobenius({ data }: Float32Matrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}

function requireEmulable({ rows, columns, data }: Matrix, { entry }: NsSchedule): void {
  requireInteger('emulation', 'rows', rows);
  requireInteger('emulation', 'columns', columns);
  if (data.length !== rows * columns)
    throw new DomainError(
      `emulation: a ${rows} x ${columns} matrix needs ${rows * columns} entries, got ${data.length}`,
    );
  requireFinite('emulation', data);
  if (entry.normalisation !== 'frobenius')
    throw new DomainError(`emulation: expected a schedule with a Frobenius entry, got "${entry.normalisation}"`);
}

function requireInRange({ data }: Float32Matrix, precision: NsPrecision): void {
  if (!data.every(Number.isFinite))
    throw new DomainError(
      `emulation: an iterate left the range of ${precision}; the schedule grows some singular values without bound`,
    );
}
