/** Momentum of two layers in two safetensors files and their index, under the keys of Emerging-Optimizers. */
import { writeSafetensors } from '../../src/store/safetensors.ts';

const WIDTH = 8;
const PARAMETERS = ['self_attn.q_proj', 'self_attn.o_proj'];

export function shardedMomentum(): {
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[];
  readonly index: string;
  readonly matrices: number;
} {
  const weightMap: Record<string, string> = {};
  const files = [0, 1].map((layer) => {
    const file = `optimizer-0000${layer + 1}-of-00002.safetensors`;
    const names = PARAMETERS.map((name) => `optimizer.state.momentum_buffer.model.layers.${layer}.${name}.weight`);
    for (const name of names) weightMap[name] = file;
    const matrix = (seed: number) => Float32Array.from({ length: WIDTH ** 2 }, (_, i) => Math.sin(seed + i ** 1.5));
    const tensors = new Map(
      names.map((name, i) => [name, { dtype: 'F32' as const, shape: [WIDTH, WIDTH], data: matrix(10 * layer + i) }]),
    );
    return [file, writeSafetensors({ tensors, metadata: {} })] as const;
  });
  return {
    files,
    index: JSON.stringify({ metadata: {}, weight_map: weightMap }),
    matrices: 2 * PARAMETERS.length,
  };
}
