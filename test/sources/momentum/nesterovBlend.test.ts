import { describe, expect, test } from 'vitest';
import { findMomentum, type MomentumOptions } from '../../../src/sources/momentum/findMomentum.ts';
import type { FoundMomentum } from '../../../src/sources/momentum/momentumMatrix.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

const BUFFER = [1, 2, 3, 4, 5, 6];
const GRADIENT = [10, -10, 20, 0, 1, -1];

function found(
  gradients: { readonly [key: string]: Plain },
  group: { readonly [key: string]: Plain },
  options: MomentumOptions = {},
): Promise<FoundMomentum> {
  const file = checkpoint('a.pt', {
    ...gradients,
    optimizer: {
      state: { '0': { momentum_buffer: tensor([3, 2], { values: BUFFER }) }, '1': { momentum_buffer: tensor([3, 2]) } },
      param_groups: [{ ...group, params: [0, 1], param_names: ['h.0.attn.c_proj.weight', 'h.1.attn.c_proj.weight'] }],
    },
  });
  return findMomentum([file], { stage: 'nesterov', ...options });
}

const GRADIENTS = { gradients: { 'module.h.0.attn.c_proj.weight': tensor([3, 2], { values: GRADIENT }) } };
const AVERAGE = { lr: 0.1, momentum: 0.75, weight_decay: 0, use_muon: true };
const SUM = { lr: 0.1, wd: 0, momentum: 0.75, nesterov: true, ns_steps: 5, adamw_betas: [0.9, 0.95] };

describe('--stage nesterov', () => {
  test('average: (1 - mu) G + mu M; matrices without a gradient are left out', async () => {
    const { stage, matrices, skipped } = await found(GRADIENTS, AVERAGE);
    expect(stage).toBe('nesterov');
    expect([...((await matrices[0]?.read())?.data ?? [])]).toEqual(
      BUFFER.map((m, i) => 0.75 * m + 0.25 * (GRADIENT[i] ?? 0)),
    );
    expect(skipped).toEqual([
      {
        name: 'h.1.attn.c_proj.weight',
        shape: [3, 2],
        cause: 'missing',
        reason: 'no gradient of its name and shape beside it',
      },
    ]);
  });

  test('sum: G + mu M', async () => {
    const { matrices } = await found(GRADIENTS, SUM);
    expect([...((await matrices[0]?.read())?.data ?? [])]).toEqual(BUFFER.map((m, i) => 0.75 * m + (GRADIENT[i] ?? 0)));
  });

  test('flat keys do, too', async () => {
    const flat = { 'grads.h.0.attn.c_proj.weight': tensor([3, 2], { values: GRADIENT }) };
    expect((await found(flat, AVERAGE)).matrices).toHaveLength(1);
  });

  test('a gradient of another shape is none', async () => {
    expect((await found({ gradients: { 'h.0.attn.c_proj.weight': tensor([2, 3]) } }, AVERAGE)).matrices).toEqual([]);
  });

  test('without gradients it is refused with what to do', async () => {
    await expect(found({}, AVERAGE)).rejects.toThrow(
      '--stage nesterov: expected gradients beside the momentum, under "gradients"',
    );
  });

  test('so it is where nothing tells the convention', async () => {
    const file = checkpoint('a.pt', { 'momentum.h.0.w': tensor([2, 2]), 'gradients.h.0.w': tensor([2, 2]) });
    await expect(findMomentum([file], { stage: 'nesterov' })).rejects.toThrow('pass --convention');
    await expect(findMomentum([file], { stage: 'nesterov', convention: 'sum' })).rejects.toThrow(
      'momentum coefficient',
    );
  });
});
