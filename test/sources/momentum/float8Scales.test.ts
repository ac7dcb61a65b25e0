import { describe, expect, it } from 'vitest';
import { findMomentum } from '../../../src/sources/momentum/findMomentum.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

const FLOAT8 = { dtype: 'float8_e4m3fn' } as const;

function found(tree: { readonly [key: string]: Plain }) {
  return findMomentum([checkpoint('step_1.safetensors', tree, { format: 'safetensors' })]);
}

describe('float8 momentum', () => {
  it.each(['_scale', '_scale_inv', '.scale'])(
    'with one scale for the matrix, called %s, is measured, and it is said',
    async (suffix) => {
      const { matrices, notes, skipped } = await found({
        'momentum.layers.0.attn.q.weight': tensor([4, 4], FLOAT8),
        [`momentum.layers.0.attn.q.weight${suffix}`]: tensor([1]),
      });
      expect(matrices.map(({ name }) => name)).toEqual(['layers.0.attn.q.weight']);
      expect(notes).toContainEqual(
        expect.stringContaining('1 float8 matrix has a scale beside it that is not applied'),
      );
      expect(skipped.map(({ cause }) => cause)).toEqual(['vector']);
    },
  );

  it('with scales of blocks is left out with them, since its spectrum would be another', async () => {
    const { matrices, skipped } = await found({
      'momentum.layers.0.attn.q.weight': tensor([4, 4], FLOAT8),
      'momentum.layers.0.attn.q.weight_scale_inv': tensor([2, 2]),
      'momentum.layers.1.attn.q.weight': tensor([4, 4]),
    });
    expect(matrices.map(({ name }) => name)).toEqual(['layers.1.attn.q.weight']);
    expect(skipped.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'layers.0.attn.q.weight: float8 with scales of shape 2 x 2 beside it, which are not applied: its spectrum would be another; save it as bfloat16',
      'layers.0.attn.q.weight_scale_inv: scales of float8 momentum, no momentum',
    ]);
  });

  it("finds a scale among the values of a parameter's state", async () => {
    const state = { momentum_buffer: tensor([4, 4], FLOAT8), scale: tensor([4, 1]) };
    const { matrices, skipped } = await found({
      state: { '0': state },
      param_groups: [
        { params: [0], momentum: 0.95, nesterov: true, ns_steps: 5, param_names: ['layers.0.attn.q.weight'] },
      ],
    });
    expect(matrices).toEqual([]);
    expect(skipped).toMatchObject([{ name: 'layers.0.attn.q.weight', reason: expect.stringContaining('shape 4 x 1') }]);
  });

  it('without scales is measured without a word', async () => {
    const { matrices, notes } = await found({ 'momentum.layers.0.attn.q.weight': tensor([4, 4], FLOAT8) });
    expect(matrices).toHaveLength(1);
    expect(notes.join()).not.toContain('scale');
  });
});
