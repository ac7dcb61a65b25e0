import { DomainError } from '../../base/errors.ts';
import { type Graph, sizeOf, type Tensor } from '../graph.ts';
import { MICROSOFT_DOMAIN } from '../onnx.ts';

export interface MatmulOptions {
  /** Use the transpose of the last two axes of the left (right) operand. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the product. */
  readonly alpha?: number;
}

/**
 * alpha * op(a) op(b) over the last two axes; leading axes must be equal, or absent on the right.
 *
 * @param a shape (..., m, k), or (..., k, m) with `transposeA`
 * @param b shape (..., k, n), or (..., n, k) with `transposeB`
 * @returns shape (..., m, n)
 */
export function matmul(
  graph: Graph,
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, alpha = 1 }: MatmulOptions = {},
): Tensor {
  const [m, k] = lastTwo(a, transposeA);
  const [kRight, n] = lastTwo(b, transposeB);
  const batch = a.shape.slice(0, -2);
  if (k !== kRight || (b.shape.length !== 2 && b.shape.slice(0, -2).join() !== batch.join()))
    throw new DomainError(`matmul: shapes [${a.shape}] and [${b.shape}] do not fit`);
  const product = graph.node('FusedMatMul', [a, b], [...batch, m, n], {
    domain: MICROSOFT_DOMAIN,
    attributes: [
      { name: 'transA', int: Number(transposeA) },
      { name: 'transB', int: Number(transposeB) },
      { name: 'alpha', float: alpha },
    ],
  });
  return graph.differentiate(product, [a, b], (g, needed) => {
    if (needed[1] && b.shape.length === 2 && sizeOf(batch) > 1)
      throw new DomainError('matmul: no gradient for a right operand shared by a batch; flatten the batch first');
    return [
      needed[0] ? gradientOfLeft(graph, g, b, { transposeA, transposeB, alpha }) : null,
      needed[1] ? gradientOfRight(graph, g, a, { transposeA, transposeB, alpha }) : null,
    ];
  });
}

/** y = x W^T: the linear map of a weight stored as (outputs, inputs). */
export function linear(graph: Graph, x: Tensor, weight: Tensor): Tensor {
  return matmul(graph, x, weight, { transposeB: true });
}

/** d/da of alpha op(a) op(b): g op(b)^T, transposed where a is. */
function gradientOfLeft(graph: Graph, g: Tensor, b: Tensor, options: Required<MatmulOptions>): Tensor {
  const { transposeA, transposeB, alpha } = options;
  return transposeA
    ? matmul(graph, b, g, { transposeA: transposeB, transposeB: true, alpha })
    : matmul(graph, g, b, { transposeB: !transposeB, alpha });
}

/** d/db of alpha op(a) op(b): op(a)^T g, transposed where b is. */
function gradientOfRight(graph: Graph, g: Tensor, a: Tensor, options: Required<MatmulOptions>): Tensor {
  const { transposeA, transposeB, alpha } = options;
  return transposeB
    ? matmul(graph, g, a, { transposeA: true, transposeB: transposeA, alpha })
    : matmul(graph, a, g, { transposeA: !transposeA, alpha });
}

function lastTwo(a: Tensor, transposed: boolean): [number, number] {
  const rows = a.shape.at(-2)!;
  const columns = a.shape.at(-1)!;
  return transposed ? [columns, rows] : [rows, columns];
}
