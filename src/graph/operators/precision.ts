import type { Graph, Tensor } from '../graph.ts';
import { multiply, subtract } from './elementwise.ts';

/** Arithmetic a product can be asked to imitate; bf16, fp16 and tf32 keep 8, 11 and 11 significant bits. */
export type ProductPrecision = 'float32' | 'bf16' | 'fp16' | 'tf32';

/** 2^13 + 1: Veltkamp's factor that keeps 24 - 13 = 11 significant bits, those of TF32. */
const TF32_SPLITTER = 8193;

/**
 * Rounds every entry to the nearest value of a lower precision and keeps it in float32. A product of rounded
 * operands accumulated in float32 is what tensor cores compute. No gradient: used by optimizers only.
 */
export function roundTo(graph: Graph, a: Tensor, precision: ProductPrecision): Tensor {
  switch (precision) {
    case 'float32':
      return a;
    case 'bf16':
      return castThere(graph, a, 'bfloat16', 16);
    case 'fp16':
      return castThere(graph, a, 'float16', 10);
    case 'tf32': {
      const spread = multiply(graph, a, graph.constant([TF32_SPLITTER], []));
      return subtract(graph, spread, subtract(graph, spread, a));
    }
    default:
      return precision satisfies never;
  }
}

/** Casts to a narrower type and back; `to` is the type's number in TensorProto.DataType. */
function castThere(graph: Graph, a: Tensor, type: 'bfloat16' | 'float16', to: number): Tensor {
  const narrow = graph.node('Cast', [a], a.shape, { attributes: [{ name: 'to', int: to }], type });
  return graph.node('Cast', [narrow], a.shape, { attributes: [{ name: 'to', int: 1 }] });
}
