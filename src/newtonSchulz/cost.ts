/**
 * What a schedule costs: matrix products and floating-point operations of its iterations.
 *
 * With m <= n the two sides, "direct" iterates on the m x n matrix: Gram matrix X X^T (2 m^2 n), its square (2 m^3,
 * quintics only), the product with X (2 m^2 n). "gram" iterates on m x m matrices and touches X at the ends only:
 *
 *   R = X X^T, Q = I; each step: Z = a I + b R + c R^2, Q <- Z Q, R <- Z R Z; at the end X <- Q X.
 *
 * Q and R lose accuracy where R's small eigenvalues fall below rounding, so after two steps X <- Q X and R = X X^T anew
 * (Zhang, Amsel, Chen, Dao 2026, Gram-NS). It needs fewer operations where n / m is large enough.
 *
 * "symmetric" kernels compute one triangle of a product known to be symmetric, for half the operations: the Gram matrix,
 * its square, and all m x m products of the Gram iteration, whose factors commute.
 */
import { requireInteger, requirePositive } from '../base/checks.ts';
import { remedyCost } from './remedy.ts';
import type { NsCoefficients, NsSchedule } from './schedule.ts';

/** How the products are computed. */
export interface CostOptions {
  readonly kernels?: 'dense' | 'symmetric';
  readonly method?: 'direct' | 'gram';
}

/** The Gram iteration starts anew after so many steps. */
export const GRAM_RESTART = 2;

/** Forward and backward operations of training, for each weight and token (Kaplan et al. 2020, arXiv:2001.08361). */
export const TRAINING_FLOPS = 6;

/** Matrix products: three a quintic step (Gram, its square, the update), two a cubic one. */
export function products({ coefficients }: NsSchedule): number {
  return coefficients.reduce((total, step) => total + (isCubic(step) ? 2 : 3), 0);
}

/**
 * Floating-point operations of the products on a rows x columns matrix; the entry normalisation is left out.
 *
 * @accuracy exact below 2^53
 * @example flops(scheduleOf('jordan', 5), 1024, 4096) // 5 (4 m^2 n + 2 m^3) = 9.66e10
 * @example flops(scheduleOf('jordan', 5), 1024, 4096, { method: 'gram' }) // 8 m^2 n + 28 m^3 = 6.44e10
 */
export function flops(
  schedule: NsSchedule,
  rows: number,
  columns: number,
  { kernels = 'dense', method = 'direct' }: CostOptions = {},
): number {
  requireInteger('Newton-Schulz cost', 'rows', rows);
  requireInteger('Newton-Schulz cost', 'columns', columns);
  const m = Math.min(rows, columns);
  const n = Math.max(rows, columns);
  const symmetric = kernels === 'symmetric' ? 0.5 : 1;
  const wide = 2 * m * m * n;
  const square = symmetric * 2 * m ** 3;
  if (method === 'direct')
    return schedule.coefficients.reduce(
      (total, step) => total + (1 + symmetric) * wide + (isCubic(step) ? 0 : square),
      0,
    );
  const steps = schedule.coefficients.length;
  return schedule.coefficients.reduce((total, step, k) => {
    const starts = k === 0 || k === GRAM_RESTART;
    const ends = k === steps - 1 || k === GRAM_RESTART - 1;
    const small = (isCubic(step) ? 0 : 1) + (starts ? 0 : 1) + (ends ? 0 : 2); // R^2; Z Q; Z R Z
    return total + (starts ? symmetric * wide : 0) + (ends ? wide : 0) + small * square;
  }, 0);
}

/**
 * Operations of the orthonormalisation relative to the forward and backward pass of the same weights.
 *
 * @param nsFlops of one optimizer step, over all matrices
 * @param weights entries of those matrices
 * @param tokens of one optimizer step
 * @returns nsFlops / (6 weights tokens)
 * @example trainingShare(flops(scheduleOf('jordan', 5), 2560, 2560), 2560 ** 2, 2 ** 19) // 0.0244
 */
export function trainingShare(nsFlops: number, weights: number, tokens: number): number {
  requirePositive('Newton-Schulz cost', 'weights', weights);
  requirePositive('Newton-Schulz cost', 'tokens', tokens);
  return nsFlops / (TRAINING_FLOPS * weights * tokens);
}

/** One way of computing a schedule on a shape. */
export interface CostOfWay extends Required<CostOptions> {
  readonly flops: number;
  /** Relative to forward and backward pass of the same weights; where a number of tokens was given. */
  readonly trainingShare?: number;
}

/** What a schedule costs on one matrix. */
export interface CostRecord {
  readonly shape: readonly [rows: number, columns: number];
  readonly products: number;
  readonly tokensPerStep?: number;
  /** Direct before Gram, dense before symmetric. */
  readonly ways: readonly CostOfWay[];
  /** Operations that a deflation of the top direction adds to any of them. */
  readonly deflationFlops: number;
}

/**
 * All ways of computing a schedule on a shape, with their cost.
 *
 * @param tokensPerStep tokens of one optimizer step
 * @throws DomainError for an impossible shape or number of tokens
 */
export function costRecord(
  schedule: NsSchedule,
  [rows, columns]: readonly [number, number],
  tokensPerStep?: number,
): CostRecord {
  const ways = METHODS.flatMap((method) =>
    KERNELS.map((kernels): CostOfWay => {
      const operations = flops(schedule, rows, columns, { method, kernels });
      const share =
        tokensPerStep === undefined ? {} : { trainingShare: trainingShare(operations, rows * columns, tokensPerStep) };
      return { method, kernels, flops: operations, ...share };
    }),
  );
  return {
    shape: [rows, columns],
    products: products(schedule),
    ...(tokensPerStep === undefined ? {} : { tokensPerStep }),
    ways,
    deflationFlops: remedyCost('deflation', schedule, rows, columns).flops,
  };
}

const METHODS = ['direct', 'gram'] as const;
const KERNELS = ['dense', 'symmetric'] as const;

function isCubic([, , c]: NsCoefficients): boolean {
  return c === 0;
}
