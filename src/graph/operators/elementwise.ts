/** Elementwise operators with NumPy broadcasting, and their gradients. */
import { DomainError } from '../../base/errors.ts';
import type { Graph, Tensor } from '../graph.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

/** a + b */
export function add(graph: Graph, a: Tensor, b: Tensor): Tensor {
  const sum = graph.node('Add', [a, b], broadcastShape(a, b));
  return graph.differentiate(sum, [a, b], (g, needed) => [
    needed[0] ? sumTo(graph, g, a.shape) : null,
    needed[1] ? sumTo(graph, g, b.shape) : null,
  ]);
}

/** a - b */
export function subtract(graph: Graph, a: Tensor, b: Tensor): Tensor {
  const difference = graph.node('Sub', [a, b], broadcastShape(a, b));
  return graph.differentiate(difference, [a, b], (g, needed) => [
    needed[0] ? sumTo(graph, g, a.shape) : null,
    needed[1] ? sumTo(graph, graph.node('Neg', [g], g.shape), b.shape) : null,
  ]);
}

/** a * b */
export function multiply(graph: Graph, a: Tensor, b: Tensor): Tensor {
  const product = graph.node('Mul', [a, b], broadcastShape(a, b));
  return graph.differentiate(product, [a, b], (g, needed) => [
    needed[0] ? sumTo(graph, multiply(graph, g, b), a.shape) : null,
    needed[1] ? sumTo(graph, multiply(graph, g, a), b.shape) : null,
  ]);
}

/** factor * a for a number. */
export function scale(graph: Graph, a: Tensor, factor: number): Tensor {
  return multiply(graph, a, graph.constant([factor], []));
}

/** a / b; no gradient: used by optimizers only. */
export function divide(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.node('Div', [a, b], broadcastShape(a, b));
}

/** sqrt(a); no gradient: used by optimizers only. */
export function squareRoot(graph: Graph, a: Tensor): Tensor {
  return graph.node('Sqrt', [a], a.shape);
}

/** max(a, 0)^2, elementwise; its derivative is 2 max(a, 0). */
export function squaredRelu(graph: Graph, a: Tensor): Tensor {
  const positive = graph.node('Relu', [a], a.shape);
  const square = graph.node('Mul', [positive, positive], a.shape);
  return graph.differentiate(square, [a], (g) => [multiply(graph, g, scale(graph, positive, 2))]);
}

/** The shape two operands broadcast to. */
function broadcastShape(a: Tensor, b: Tensor): readonly number[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a.shape[a.shape.length - rank + i] ?? 1;
    const right = b.shape[b.shape.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new DomainError(`broadcast: shapes [${a.shape}] and [${b.shape}] do not fit`);
    return Math.max(left, right);
  });
}

/** Sums a gradient over the axes along which its operand was broadcast. */
function sumTo(graph: Graph, gradient: Tensor, shape: readonly number[]): Tensor {
  const rank = gradient.shape.length;
  const axes = gradient.shape.flatMap((dimension, i) =>
    (shape[shape.length - rank + i] ?? 1) === 1 && dimension !== 1 ? [i] : [],
  );
  const summed = axes.length > 0 ? reduceSum(graph, gradient, axes) : gradient;
  return reshape(graph, summed, shape);
}
