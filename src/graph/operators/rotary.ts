import type { Graph, Tensor } from '../graph.ts';
import { MICROSOFT_DOMAIN } from '../onnx.ts';

/** Rotation tables of a context: shared by all layers of a model. */
export interface RotaryTables {
  /** Row of the tables for each token, shape (tokens, 1). */
  readonly positions: Tensor;
  /** cos(t theta_j), shape (context, headSize / 2). */
  readonly cosines: Tensor;
  readonly sines: Tensor;
  readonly minusSines: Tensor;
}

/** Angles fall off as base^(-2j / headSize). */
const ROTARY_BASE = 10_000;

/**
 * Tables for tokens in time-major order: token n stands at time floor(n / batch).
 *
 * @source Su et al. 2021, arXiv:2104.09864
 */
export function rotaryTables(graph: Graph, context: number, batch: number, headSize: number): RotaryTables {
  const half = headSize / 2;
  const angles = Float64Array.from({ length: context * half }, (_, i) => {
    const time = Math.floor(i / half);
    return time * ROTARY_BASE ** (-(2 * (i % half)) / headSize);
  });
  const shape = [context, half];
  const times = Array.from({ length: context * batch }, (_, n) => Math.floor(n / batch));
  return {
    positions: graph.integers(times, [times.length, 1]),
    cosines: graph.constant(angles.map(Math.cos), shape),
    sines: graph.constant(angles.map(Math.sin), shape),
    minusSines: graph.constant(
      angles.map((angle) => -Math.sin(angle)),
      shape,
    ),
  };
}

/**
 * Rotates the pairs (j, j + headSize/2) of every head by the angle of its token's time. The gradient is the
 * rotation back.
 *
 * @param x shape (tokens, 1, heads * headSize)
 */
export function rotary(graph: Graph, x: Tensor, tables: RotaryTables): Tensor {
  const rotate = (input: Tensor, sines: Tensor): Tensor =>
    graph.node('RotaryEmbedding', [input, tables.positions, tables.cosines, sines], input.shape, {
      domain: MICROSOFT_DOMAIN,
      attributes: [{ name: 'interleaved', int: 0 }],
    });
  return graph.differentiate(rotate(x, tables.sines), [x], (g) => [rotate(g, tables.minusSines)]);
}
