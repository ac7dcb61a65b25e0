/** What a schedule costs: matrix products and floating-point operations of its iterations. */
import { requireInteger } from '../base/checks.ts';
import type { NsCoefficients, NsSchedule } from './schedule.ts';

/** Matrix products: three a quintic step (Gram, its square, the update), two a cubic one. */
export function products({ coefficients }: NsSchedule): number {
  return coefficients.reduce((total, step) => total + (isCubic(step) ? 2 : 3), 0);
}

/**
 * Floating-point operations of the dense products on a rows x columns matrix; the entry normalisation is left out.
 *
 * With m <= n the two sides: a quintic step is X X^T (2 m^2 n), its square (2 m^3) and the product with X
 * (2 m^2 n); a cubic step has no square.
 *
 * @accuracy exact below 2^53; kernels that use the symmetry of the Gram matrix and its square need less
 * @example flops(scheduleOf('jordan', 5), 1024, 4096) // 5 (4 m^2 n + 2 m^3) = 9.66e10
 */
export function flops({ coefficients }: NsSchedule, rows: number, columns: number): number {
  requireInteger('Newton-Schulz cost', 'rows', rows);
  requireInteger('Newton-Schulz cost', 'columns', columns);
  const m = Math.min(rows, columns);
  const n = Math.max(rows, columns);
  return coefficients.reduce((total, step) => total + 4 * m * m * n + (isCubic(step) ? 0 : 2 * m ** 3), 0);
}

function isCubic([, , c]: NsCoefficients): boolean {
  return c === 0;
}
