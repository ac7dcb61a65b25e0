/** The Gram form of Newton-Schulz, as cost.ts describes it, counting the operations of its products. */
import type { Matrix } from '../../src/linalg/matrix.ts';
import { GRAM_RESTART } from '../../src/newtonSchulz/cost.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';

/** @param matrix wide or square */
export function gramIteration(
  matrix: Matrix,
  schedule: NsSchedule,
): { readonly data: Float64Array; readonly flops: number } {
  const [m, n] = [matrix.rows, matrix.columns];
  let flops = 0;
  const times = (x: Float64Array, y: Float64Array, rows: number, inner: number, columns: number): Float64Array => {
    flops += 2 * rows * inner * columns;
    return Float64Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[i * inner + k] * y[k * columns + j];
      return sum;
    });
  };
  const norm = Math.hypot(...matrix.data) + schedule.entry.epsilon;
  let x: Float64Array = Float64Array.from(matrix.data, (value) => value / norm);
  const steps = schedule.coefficients;
  for (const segment of [steps.slice(0, GRAM_RESTART), steps.slice(GRAM_RESTART)]) {
    if (segment.length === 0) continue;
    const turned = Float64Array.from({ length: m * n }, (_, at) => x[(at % m) * n + Math.floor(at / m)]);
    let r: Float64Array = times(x, turned, m, n, m);
    let q: Float64Array | null = null;
    for (const [k, [a, b, c]] of segment.entries()) {
      const square = c === 0 ? null : times(r, r, m, m, m);
      const z = r.map((value, at) => (at % (m + 1) === 0 ? a : 0) + b * value + c * (square?.[at] ?? 0));
      q = q === null ? z : times(z, q, m, m, m);
      if (k < segment.length - 1) r = times(times(z, r, m, m, m), z, m, m, m);
    }
    x = times(q!, x, m, m, n);
  }
  return { data: x, flops };
}
