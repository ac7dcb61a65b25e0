/** Operators that move entries without changing them. */
import { DomainError } from '../../base/errors.ts';
import { type Graph, sizeOf, type Tensor } from '../graph.ts';

/** The same entries under another shape. */
export function reshape(graph: Graph, a: Tensor, shape: readonly number[]): Tensor {
  if (a.shape.join() === shape.join()) return a;
  if (sizeOf(a.shape) !== sizeOf(shape)) throw new DomainError(`reshape: [${a.shape}] does not fill [${shape}]`);
  const result = graph.node('Reshape', [a, graph.integers(shape)], shape);
  return graph.differentiate(result, [a], (g) => [reshape(graph, g, a.shape)]);
}

/** Axis i of the result is axis `permutation[i]` of `a`. */
export function transpose(graph: Graph, a: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map((axis) => a.shape[axis]!);
  const result = graph.node('Transpose', [a], shape, { attributes: [{ name: 'perm', ints: permutation }] });
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return graph.differentiate(result, [a], (g) => [transpose(graph, g, inverse)]);
}

/** Joins tensors along an axis. */
export function concatenate(graph: Graph, parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0]!;
  if (parts.length === 1) return first;
  const sizes = parts.map((part) => part.shape[axis]!);
  const shape = first.shape.map((d, i) => (i === axis ? sizes.reduce((sum, size) => sum + size, 0) : d));
  const result = graph.node('Concat', parts, shape, { attributes: [{ name: 'axis', int: axis }] });
  return graph.differentiate(result, parts, (g) => split(graph, g, sizes, axis));
}

/** Cuts a tensor along an axis into parts of the given sizes. */
export function split(graph: Graph, a: Tensor, sizes: readonly number[], axis: number): readonly Tensor[] {
  if (sizes.length === 1) return [a];
  if (sizes.reduce((sum, size) => sum + size, 0) !== a.shape[axis])
    throw new DomainError(`split: sizes [${sizes}] do not add up to axis ${axis} of [${a.shape}]`);
  const shapes = sizes.map((size) => a.shape.map((d, i) => (i === axis ? size : d)));
  const parts = graph.nodes('Split', [a, graph.integers(sizes)], shapes, { attributes: [{ name: 'axis', int: axis }] });
  graph.differentiateJointly({
    outputs: parts,
    inputs: [a],
    rule: (gradients) => [
      concatenate(
        graph,
        parts.map((part, k) => gradients[k] ?? zerosLike(graph, part)),
        axis,
      ),
    ],
  });
  return parts;
}

function zerosLike(graph: Graph, a: Tensor): Tensor {
  return graph.node('Expand', [graph.constant([0], [1]), graph.integers(a.shape)], a.shape);
}
