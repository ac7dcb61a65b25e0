/**
 * Newton-Schulz as a graph: a stack of equal matrices at once.
 *
 *   1. X <- X / (scale ||X||_F + epsilon), matrix by matrix.
 *   2. For each row (a, b, c) of the schedule, with A the Gram matrix of the smaller side:
 *      X <- (a I + b A + c A^2) X, or from the right where a matrix has more rows than columns.
 *
 * Both forms are the odd polynomial s <- a s + b s^3 + c s^5 of the singular values. Operands of products are
 * rounded to the schedule's precision, products accumulate in float32.
 *
 * Long matrices go through the Gram form: all factors are polynomials of A and commute, so with Z = a I + b A + c A^2
 * a step is A <- Z A Z and Q <- Z Q on the small side alone, and X <- Q X once at the end. Squaring loses what lies
 * below 1e-4 of the largest singular value in float32, so A is formed anew after two steps, when the small values
 * have grown about 16 times, and after every three steps from there.
 */
import { DomainError } from '../base/errors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { add, divide, scale } from '../graph/operators/elementwise.ts';
import { matmul } from '../graph/operators/matmul.ts';
import { roundTo } from '../graph/operators/precision.ts';
import { norm } from '../graph/operators/reduce.ts';
import type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';

/**
 * @param x shape (k, m, n)
 * @returns shape (k, m, n)
 * @throws DomainError if the schedule's entry normalisation is not the Frobenius norm
 * @source Jordan 2024; accuracy tests compare with the float64 reference in newtonSchulz
 */
export function orthogonalise(graph: Graph, x: Tensor, schedule: NsSchedule): Tensor {
  const normalised = normalise(graph, x, schedule.entry);
  const [, m, n] = x.shape as [number, number, number]; // documented rank
  const aspect = Math.max(m, n) / Math.min(m, n);
  const inGramForm = schedule.precision === 'float32' && aspect >= GRAM_FORM_ASPECT;
  return inGramForm
    ? iterateInGramForm(graph, normalised, schedule.coefficients)
    : iterate(graph, normalised, schedule.coefficients, schedule.precision);
}

/** All steps on X itself: the plain form. */
export function iterate(
  graph: Graph,
  x: Tensor,
  coefficients: readonly NsCoefficients[],
  precision: NsPrecision,
): Tensor {
  return coefficients.reduce((current, row) => step(graph, current, row, precision), x);
}

/**
 * The same steps on the Gram matrix, in float32.
 *
 * @source Gram form with a restart after step 2: Zhang, Amsel, Chen, Dao 2026
 */
export function iterateInGramForm(graph: Graph, x: Tensor, coefficients: readonly NsCoefficients[]): Tensor {
  let current = x;
  for (let first = 0; first < coefficients.length; ) {
    const count = first === 0 ? STEPS_BEFORE_RESTART : STEPS_BETWEEN_RESTARTS;
    current = gramSegment(graph, current, coefficients.slice(first, first + count));
    first += count;
  }
  return current;
}

/** Aspect ratio from which the Gram form takes fewer operations: 2 r + 4 k - 3 against (2 r + 1) k for k steps. */
const GRAM_FORM_ASPECT = 2;
const STEPS_BEFORE_RESTART = 2;
const STEPS_BETWEEN_RESTARTS = 3;

function gramSegment(graph: Graph, x: Tensor, coefficients: readonly NsCoefficients[]): Tensor {
  const [, m, n] = x.shape as [number, number, number]; // documented rank
  const tall = m > n;
  let gram = matmul(graph, x, x, tall ? { transposeA: true } : { transposeB: true }); // (k, side, side)
  let accumulated: Tensor | null = null;
  for (const [i, row] of coefficients.entries()) {
    const factor = stepFactor(graph, gram, row);
    accumulated = accumulated ? matmul(graph, factor, accumulated) : factor;
    if (i < coefficients.length - 1) gram = matmul(graph, matmul(graph, factor, gram), factor);
  }
  if (!accumulated) return x;
  return tall ? matmul(graph, x, accumulated) : matmul(graph, accumulated, x);
}

/** a I + b A + c A^2 in float32. */
function stepFactor(graph: Graph, gram: Tensor, [a, b, c]: NsCoefficients): Tensor {
  const linear = add(graph, scale(graph, gram, b), scaledIdentity(graph, gram.shape[1]!, a));
  return c === 0 ? linear : add(graph, linear, matmul(graph, gram, gram, { alpha: c }));
}

function normalise(graph: Graph, x: Tensor, entry: NsEntry): Tensor {
  if (entry.normalisation !== 'frobenius')
    throw new DomainError(`orthogonalise: entry normalisation "${entry.normalisation}" cannot be trained with yet`);
  const norms = norm(graph, x, [1, 2]); // (k, 1, 1)
  return divide(graph, x, add(graph, scale(graph, norms, entry.scale), graph.constant([entry.epsilon], [])));
}

function step(graph: Graph, x: Tensor, coefficients: NsCoefficients, precision: NsPrecision): Tensor {
  const [a, b, c] = coefficients;
  const [, m, n] = x.shape as [number, number, number]; // documented rank
  const tall = m > n;
  const rounded = roundTo(graph, x, precision);
  const gram = matmul(graph, rounded, rounded, tall ? { transposeA: true } : { transposeB: true }); // (k, side, side)
  const apply = (factor: Tensor): Tensor => (tall ? matmul(graph, rounded, factor) : matmul(graph, factor, rounded));

  // In float32 a I joins the factor and saves a pass over X; rounded to few bits it would drown b A + c A^2.
  if (precision === 'float32') return apply(stepFactor(graph, gram, coefficients));
  const linear = scale(graph, gram, b);
  const polynomial = c === 0 ? linear : add(graph, linear, square(graph, gram, c, precision));
  return add(graph, scale(graph, rounded, a), apply(roundTo(graph, polynomial, precision)));
}

/** c A^2 */
function square(graph: Graph, a: Tensor, c: number, precision: NsPrecision): Tensor {
  const rounded = roundTo(graph, a, precision);
  return matmul(graph, rounded, rounded, { alpha: c });
}

function scaledIdentity(graph: Graph, side: number, factor: number): Tensor {
  const values = new Float32Array(side * side);
  for (let i = 0; i < side; i++) values[i * side + i] = factor;
  return graph.constant(values, [side, side]);
}
