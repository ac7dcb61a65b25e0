/**
 * What can be done when rounding loses small directions, and what it costs.
 *
 * Rounding X to p bits adds to every entry an error of about 2^-p times that entry. Where one direction holds most of
 * the norm, its entries set the size of that error for all others, and what is lost there no later step brings back.
 *
 * - "float32 first step": entry and first step in float32, rounding begins after it. The error enters behind the
 *   first slope, so it is smaller by that factor; three products run at the float32 rate.
 * - "float32 iterate": X is kept in float32 and rounded only where it enters a product; the products stay cheap.
 *   The linear term a X then carries no error, and B X hardly any for small directions, since B is small on them.
 *   Costs memory traffic: 4 bytes an entry instead of 2.
 * - "deflation": the top direction is removed in float32, the rest normalised anew, and the direction put back at 1
 *   (arXiv:2609.21102). Costs products with one vector.
 * - "tight entry": ||(M^T M)^2||_F^(1/4), the Schatten-8 norm, instead of ||M||_F. It uses the Gram matrix and square
 *   of the first step and costs no product; it cannot help where one direction holds the norm.
 */
import type { NsPrecision, NsSchedule, Remedy } from './schedule.ts';

export type { Remedy } from './schedule.ts';

/** In the order of the head comment. */
export const REMEDIES: readonly Remedy[] = [
  'none',
  'float32 first step',
  'float32 iterate',
  'deflation',
  'tight entry',
];

/** Power iterations of a deflation, two products with a vector each; the last step's direction is the start. */
export const DEFLATION_ITERATIONS = 2;

/** How each part of an iteration is held. */
export interface Storage {
  /** Format in which X is kept from step k on, and in which the operands of products are. */
  readonly iterate: (k: number) => NsPrecision;
  readonly operands: (k: number) => NsPrecision;
}

/** Formats of a schedule under a remedy. tf32 exists only inside products: what is stored is float32. */
export function storageOf(precision: NsPrecision, remedy: Remedy): Storage {
  const stored: NsPrecision = precision === 'tf32' || remedy === 'float32 iterate' ? 'float32' : precision;
  const first = remedy === 'float32 first step';
  return {
    iterate: (k) => (first && k === 0 ? 'float32' : stored),
    operands: (k) => (first && k === 0 ? 'float32' : precision),
  };
}

/** What a remedy adds, on top of the flops and products of the schedule. */
export interface RemedyCost {
  /** Additional matrix products of full size. */
  readonly products: number;
  /** Additional floating-point operations. */
  readonly flops: number;
  /** Operations of the schedule that run at the float32 rate instead of that of its precision. */
  readonly float32Flops: number;
}

/**
 * The price of a remedy on a rows x columns matrix.
 *
 * Deflation: {@link DEFLATION_ITERATIONS} pairs of products with a vector (4 m n each), the removal (2 m n), and the return:
 * two products with a vector and three updates of rank one (10 m n).
 *
 * @example remedyCost('deflation', scheduleOf('jordan', 5), 1024, 1024).flops // 20 m n = 2.1e7
 */
export function remedyCost(remedy: Remedy, { coefficients }: NsSchedule, rows: number, columns: number): RemedyCost {
  const m = Math.min(rows, columns);
  const n = Math.max(rows, columns);
  switch (remedy) {
    case 'none':
    case 'float32 iterate':
    case 'tight entry':
      return { products: 0, flops: 0, float32Flops: 0 };
    case 'deflation':
      return { products: 0, flops: (4 * DEFLATION_ITERATIONS + 12) * m * n, float32Flops: 0 };
    case 'float32 first step': {
      const square = coefficients[0]?.[2] === 0 ? 0 : 2 * m ** 3;
      return { products: 0, flops: 0, float32Flops: 4 * m * m * n + square };
    }
    default:
      return remedy satisfies never;
  }
}
