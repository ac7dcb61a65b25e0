import type { Graph, Tensor } from '../graph.ts';
import { multiply } from './elementwise.ts';
import { reduceMean } from './reduce.ts';
import { reshape } from './shape.ts';

/**
 * Mean over the rows of -log softmax(logits)[target], in nats. The gradient is (softmax - one-hot) / n.
 *
 * @param logits shape (n, classes)
 * @param targets int64, shape (n,)
 * @returns shape []
 */
export function crossEntropy(graph: Graph, logits: Tensor, targets: Tensor): Tensor {
  const [n] = logits.shape as [number, number]; // documented rank
  const column = graph.node('Reshape', [targets, graph.integers([n, 1])], [n, 1], { type: 'int64' });
  const logProbabilities = graph.node('LogSoftmax', [logits], logits.shape, { attributes: [{ name: 'axis', int: 1 }] });
  const picked = graph.node('GatherElements', [logProbabilities, column], [n, 1], {
    attributes: [{ name: 'axis', int: 1 }],
  });
  const meanPicked = reshape(graph, reduceMean(graph, picked, [0, 1]), []);
  const loss = graph.node('Neg', [meanPicked], []);
  return graph.differentiate(loss, [logits], (g) => {
    const probabilities = graph.node('Exp', [logProbabilities], logits.shape);
    const minusOnes = graph.constant(new Float32Array(n).fill(-1), [n, 1]);
    // One target a row, so no position is hit twice and the sum is repeatable.
    const residual = graph.node('ScatterElements', [probabilities, column, minusOnes], logits.shape, {
      attributes: [
        { name: 'axis', int: 1 },
        { name: 'reduction', string: 'add' },
      ],
    });
    return [multiply(graph, residual, multiply(graph, g, graph.constant([1 / n], [])))];
  });
}
