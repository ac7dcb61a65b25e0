import type { Graph, Tensor } from '../graph.ts';
import { multiply, subtract } from './elementwise.ts';
import { reduceMean } from './reduce.ts';

/** Inside the square root of the mean square. */
export const RMS_EPSILON = 1e-6;

/**
 * x / sqrt(mean(x^2) + epsilon) over the last axis, without gain.
 *
 * With r = 1 / sqrt(mean(x^2) + epsilon) and y = r x the gradient is r (g - y mean(g y)).
 *
 * @source Zhang and Sennrich 2019, arXiv:1910.07467
 */
export function rmsNorm(graph: Graph, x: Tensor): Tensor {
  const last = x.shape.length - 1;
  const perRow = x.shape.map((d, i) => (i === last ? 1 : d));
  const width = x.shape[last]!;
  const ones = graph.constant(new Float32Array(width).fill(1), [width]);
  const [y, inverse] = graph.nodes('SimplifiedLayerNormalization', [x, ones], [x.shape, perRow], {
    attributes: [
      { name: 'axis', int: -1 },
      { name: 'epsilon', float: RMS_EPSILON },
    ],
  }) as [Tensor, Tensor]; // two shapes asked for, two tensors given
  return graph.differentiate(y, [x], (g) => {
    const along = reduceMean(graph, multiply(graph, g, y), [last]);
    return [multiply(graph, subtract(graph, g, multiply(graph, y, along)), inverse)];
  });
}
