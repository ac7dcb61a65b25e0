/** Sums and means over axes; reduced axes stay with length 1. */
import type { Graph, Tensor } from '../graph.ts';

/** Sum over `axes`. */
export function reduceSum(graph: Graph, a: Tensor, axes: readonly number[]): Tensor {
  const result = reduce(graph, 'ReduceSum', a, axes);
  return graph.differentiate(result, [a], (g) => [expand(graph, g, a.shape)]);
}

/** Mean over `axes`. */
export function reduceMean(graph: Graph, a: Tensor, axes: readonly number[]): Tensor {
  const result = reduce(graph, 'ReduceMean', a, axes);
  const count = axes.reduce((product, axis) => product * a.shape[axis]!, 1);
  return graph.differentiate(result, [a], (g) => [
    graph.node('Mul', [expand(graph, g, a.shape), graph.constant([1 / count], [])], a.shape),
  ]);
}

/** sqrt(sum a^2) over `axes`; no gradient: used by optimizers only. */
export function norm(graph: Graph, a: Tensor, axes: readonly number[]): Tensor {
  return reduce(graph, 'ReduceL2', a, axes);
}

function reduce(graph: Graph, operator: string, a: Tensor, axes: readonly number[]): Tensor {
  const shape = a.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return graph.node(operator, [a, graph.integers(axes)], shape, { attributes: [{ name: 'keepdims', int: 1 }] });
}

function expand(graph: Graph, a: Tensor, shape: readonly number[]): Tensor {
  return graph.node('Expand', [a, graph.integers(shape)], shape);
}
