import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/sources/checkpoints/checkpoint.ts';
import { inModuleOrder } from '../../../src/sources/momentum/weightOrder.ts';

const SAFETENSORS = { format: 'safetensors' } as Checkpoint; // nothing else of it is looked at

function weightsOf(names: readonly string[], shape: readonly number[] = [4, 4]) {
  return names.map((name) => ({ name, shape }));
}

function ordered(names: readonly string[]): readonly string[] {
  return inModuleOrder(SAFETENSORS, weightsOf([...names].sort())).map(({ name, order }) => `${name} ${order}`);
}

describe('the order of weights', () => {
  it('that were sorted by name is that of layers and of modules within one', () => {
    const names = [2, 10].flatMap((layer) => [
      ...['q', 'k', 'v', 'o'].map((one) => `model.layers.${layer}.self_attn.${one}_proj.weight`),
      ...['gate', 'up', 'down'].map((one) => `model.layers.${layer}.mlp.${one}_proj.weight`),
    ]);
    expect(ordered(names)).toEqual(names.map((name) => `${name} usual`));
  });

  it('of experts goes by their number', () => {
    const names = [2, 10].flatMap((expert) =>
      ['gate', 'up', 'down'].map((one) => `model.layers.0.mlp.experts.${expert}.${one}_proj.weight`),
    );
    expect(ordered(names)).toEqual(names.map((name) => `${name} usual`));
  });

  it('is unknown where a role is not known, or several stacks share a shape', () => {
    expect(ordered(['layers.0.self_attn.q_proj.weight', 'layers.0.mixer.thing.weight'])).toEqual([
      'layers.0.mixer.thing.weight unknown',
      'layers.0.self_attn.q_proj.weight unknown',
    ]);
    const stacks = ['encoder.layers.0.self_attn.q_proj.weight', 'decoder.layers.0.self_attn.q_proj.weight'];
    expect(ordered(stacks).every((one) => one.endsWith(' unknown'))).toBe(true);
  });

  it('is that of the file where it is not sorted, or is one of torch', () => {
    const weights = weightsOf(['layers.0.attn.q.weight', 'layers.0.attn.k.weight']);
    expect(inModuleOrder(SAFETENSORS, weights)).toBe(weights);
    const sorted = [...weights].reverse();
    expect(inModuleOrder({ format: 'torch' } as Checkpoint, sorted)).toBe(sorted);
  });
});
