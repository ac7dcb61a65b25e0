/**
 * Newton-Schulz as a graph: a stack of equal matrices at once.
 *
 *   1. X <- X / (scale ||X||_F + epsilon), matrix by matrix.
 *   2. For each row (a, b, c) of the schedule, with A the Gram matrix of the smaller side:
 *      X <- (a I + b A + c A^2) X, or from the right where a matrix has more rows than columns.
 *
 * Both forms are the odd polynomial s <- a s + b s^3 + c s^5 of the singular values. Operands of products are
 * rounded to the schedule's precision, products accumulate in float32.
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
  let current = normalise(graph, x, schedule.entry);
  for (const coefficients of schedule.coefficients) current = step(graph, current, coefficients, schedule.precision);
  return current;
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

  const linear = scale(graph, gram, b);
  const polynomial = c === 0 ? linear : add(graph, linear, square(graph, gram, c, precision));
  // In float32 a I joins the factor and saves a pass over X; rounded to few bits it would drown b A + c A^2.
  if (precision === 'float32') return apply(add(graph, polynomial, scaledIdentity(graph, Math.min(m, n), a)));
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
