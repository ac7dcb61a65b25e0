import type { Graph, Tensor } from '../graph.ts';

/**
 * Rows of a table by index. The gradient adds each row's gradient into the table.
 *
 * ScatterElements, not ScatterND: on ONNX Runtime's CPU provider ScatterND with reduction "add" races when
 * indices repeat, and tokens repeat in every batch.
 *
 * @param table shape (rows, width)
 * @param indices int64, shape (n,)
 * @returns shape (n, width)
 */
export function embedding(graph: Graph, table: Tensor, indices: Tensor): Tensor {
  const [n] = indices.shape as [number];
  const width = table.shape[1]!;
  const rows = graph.node('Gather', [table, indices], [n, width]);
  return graph.differentiate(rows, [table], (g) => {
    const zeros = graph.node('Expand', [graph.constant([0], [1]), graph.integers(table.shape)], table.shape);
    const column = graph.node('Reshape', [indices, graph.integers([n, 1])], [n, 1], { type: 'int64' });
    const repeated = graph.node('Expand', [column, graph.integers([n, width])], [n, width], { type: 'int64' });
    const attributes = [
      { name: 'axis', int: 0 },
      { name: 'reduction', string: 'add' },
    ];
    return [graph.node('ScatterElements', [zeros, repeated, g], table.shape, { attributes })];
  });
}
