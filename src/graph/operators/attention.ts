import type { Graph, Tensor } from '../graph.ts';
import { MICROSOFT_DOMAIN } from '../onnx.ts';
import { add, multiply, subtract } from './elementwise.ts';
import { reduceSum } from './reduce.ts';
import { transpose } from './shape.ts';

/** Added to scores of keys later than the query: exp underflows to exactly 0. */
const MASKED = -1e9;

/** What a product of attention does to its operands' axes. */
interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** The operand is time-major, (T, B, H, h): read as (B, H, T, h) without copying. */
  readonly timeMajorA?: boolean;
  readonly timeMajorB?: boolean;
  readonly alpha?: number;
}

/**
 * softmax(q k^T / sqrt(h) + mask) v for each sequence and head; `causal` hides later keys.
 *
 * Backward, with P the weights, O the output and D = sum(dO * O) over h (equal to the row sums of dP * P):
 * dS = P * (dO v^T - D), dq = dS k / sqrt(h), dk = dS^T q / sqrt(h), dv = P^T dO.
 *
 * @param q shape (T, B, H, h), time-major; so are k, v and the result
 * @source Vaswani et al. 2017; the D form of the backward pass: Dao et al. 2022, arXiv:2205.14135
 */
export function attention(graph: Graph, q: Tensor, k: Tensor, v: Tensor, { causal }: { causal: boolean }): Tensor {
  const [T, B, H, h] = q.shape as [number, number, number, number]; // documented rank
  const scores = [B, H, T, T];
  const perHead = [B, H, T, h];
  const alpha = 1 / Math.sqrt(h);
  const product = (a: Tensor, b: Tensor, shape: readonly number[], options: ProductOptions): Tensor =>
    fusedProduct(graph, a, b, shape, options);
  const toTimeMajor = (a: Tensor): Tensor => transpose(graph, a, [2, 0, 1, 3]);

  const s = product(q, k, scores, { timeMajorA: true, timeMajorB: true, transposeB: true, alpha });
  const masked = causal ? add(graph, s, causalMask(graph, T)) : s;
  const weights = graph.node('Softmax', [masked], scores, { attributes: [{ name: 'axis', int: -1 }] });
  const output = toTimeMajor(product(weights, v, perHead, { timeMajorB: true }));

  return graph.differentiate(output, [q, k, v], (g) => {
    const rowSums = transpose(graph, reduceSum(graph, multiply(graph, g, output), [3]), [1, 2, 0, 3]);
    const dWeights = product(g, v, scores, { timeMajorA: true, timeMajorB: true, transposeB: true });
    const dScores = multiply(graph, subtract(graph, dWeights, rowSums), weights);
    return [
      toTimeMajor(product(dScores, k, perHead, { timeMajorB: true, alpha })),
      toTimeMajor(product(dScores, q, perHead, { timeMajorB: true, transposeA: true, alpha })),
      toTimeMajor(product(weights, g, perHead, { timeMajorB: true, transposeA: true })),
    ];
  });
}

function fusedProduct(
  graph: Graph,
  a: Tensor,
  b: Tensor,
  shape: readonly number[],
  { transposeA = false, transposeB = false, timeMajorA = false, timeMajorB = false, alpha = 1 }: ProductOptions,
): Tensor {
  return graph.node('FusedMatMul', [a, b], shape, {
    domain: MICROSOFT_DOMAIN,
    attributes: [
      { name: 'transA', int: Number(transposeA) },
      { name: 'transB', int: Number(transposeB) },
      { name: 'transBatchA', int: Number(timeMajorA) },
      { name: 'transBatchB', int: Number(timeMajorB) },
      { name: 'alpha', float: alpha },
    ],
  });
}

/** 0 where the key is not later than the query, MASKED elsewhere; shape (1, 1, T, T). */
function causalMask(graph: Graph, T: number): Tensor {
  const mask = Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? MASKED : 0));
  return graph.constant(mask, [1, 1, T, T]);
}
