import { expect, test } from 'vitest';
import { findMomentum } from '../../../src/sources/momentum/findMomentum.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

const MUON = { lr: 0.02, momentum: 0.95, weight_decay: 0, use_muon: true };
const ADAM = { lr: 1e-3, betas: [0.9, 0.95], eps: 1e-8, weight_decay: 0, use_muon: false };

/** Embedding, matrix, gains and head of a tiny model, each with optimizer state. */
function trained({
  model = {},
  names = true,
  withAdam = true,
}: {
  model?: Plain;
  names?: boolean;
  withAdam?: boolean;
} = {}): ReturnType<typeof checkpoint> {
  const moments = (shape: number[]): Plain => ({ exp_avg: tensor(shape), exp_avg_sq: tensor(shape), step: 7 });
  const adam = withAdam ? { '1': moments([60, 4]), '2': moments([4]), '3': moments([60, 4]) } : {};
  return checkpoint('a.pt', {
    model,
    optimizer: {
      state: { '0': { momentum_buffer: tensor([8, 4]) }, ...adam },
      param_groups: [
        { ...MUON, params: [0], ...(names ? { param_names: ['h.0.mlp.c_fc.weight'] } : {}) },
        {
          ...ADAM,
          params: withAdam ? [1, 2, 3] : [],
          ...(names && withAdam ? { param_names: ['wte.weight', 'h.0.ln.weight', 'lm_head.weight'] } : {}),
        },
      ],
    },
  });
}

const WEIGHTS = {
  'wte.weight': tensor([60, 4]),
  'h.0.mlp.c_fc.weight': tensor([8, 4]),
  'h.0.ln.weight': tensor([4]),
  'lm_head.weight': tensor([60, 4]),
};

test("sizes are those of the model's weights", async () => {
  expect(await findMomentum([trained({ model: WEIGHTS })])).toMatchObject({
    params: 516,
    nonEmbeddingParams: 36,
    step: 7,
  });
});

test('a head listed beside the embedding it shares counts once if the optimizer has one parameter fewer', async () => {
  const model = { ...WEIGHTS, 'h.0.mlp.c_proj.weight': tensor([4, 8]) }; // five weights, four parameters
  expect(await findMomentum([trained({ model })])).toMatchObject({ params: 308, nonEmbeddingParams: 68 });
});

test("without weights: the optimizer's shapes, where every parameter has state", async () => {
  expect(await findMomentum([trained()])).toMatchObject({ params: 516, nonEmbeddingParams: 36 });
  expect(await findMomentum([trained({ names: false })])).toMatchObject({ params: 516, nonEmbeddingParams: null });
});

test('an optimizer of hidden matrices alone does not tell the size of the model', async () => {
  expect(await findMomentum([trained({ withAdam: false })])).toMatchObject({ params: null, nonEmbeddingParams: null });
});

test('a parameter without state leaves the size unknown', async () => {
  const file = checkpoint('a.pt', {
    state: { '0': { momentum_buffer: tensor([8, 4]) }, '1': { exp_avg: tensor([60, 4]), exp_avg_sq: tensor([60, 4]) } },
    param_groups: [
      { ...MUON, params: [0] },
      { ...ADAM, params: [1, 2] },
    ],
  });
  expect(await findMomentum([file])).toMatchObject({ params: null, nonEmbeddingParams: null });
});

test.each([
  [{ step: 5 }, 5],
  [{ iter_num: 6n }, 6],
  [{ global_step: 7 }, 7],
  [{ trainer_state: { global_step: 8 } }, 8],
  [{ step: 'five' }, 31],
  [{ step: -1 }, 31],
  [{ step: 1.5 }, 31],
])('the step at the root, if it is one: %#', async (root, step) => {
  const file = checkpoint('out/ckpt_31.pt', { ...root, 'momentum.h.0.w': tensor([2, 2]) });
  expect((await findMomentum([file])).step).toBe(step);
});
