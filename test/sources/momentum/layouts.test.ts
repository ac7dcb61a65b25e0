import { describe, expect, test } from 'vitest';
import { findMomentum } from '../../../src/sources/momentum/findMomentum.ts';
import type { FoundMomentum } from '../../../src/sources/momentum/momentumMatrix.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

/** "name: role, layer of layers, m x n" */
function lines({ matrices }: FoundMomentum): string[] {
  return matrices.map(
    ({ name, role, layer, layers, shape }) => `${name}: ${role}, ${layer} of ${layers}, ${shape.join(' x ')}`,
  );
}

function left({ skipped }: FoundMomentum): string[] {
  return skipped.map(({ name, cause }) => `${name}: ${cause}`);
}

const JORDAN = [3.4445, -4.775, 2.0315];

describe('torch.optim.Muon', () => {
  const group = {
    lr: 0.02,
    weight_decay: 0.1,
    momentum: 0.9,
    nesterov: false,
    ns_coefficients: [3, -3.2, 1.2],
    eps: 1e-6,
    ns_steps: 7,
    adjust_lr_fn: null,
  };

  test('names come from param_names, settings from the group', async () => {
    const found = await findMomentum([
      checkpoint('run/step_120.pt', {
        optimizer: {
          state: { '0': { momentum_buffer: tensor([4, 3]) }, '1': { momentum_buffer: tensor([3, 8]) } },
          param_groups: [
            {
              param_names: ['module.blocks.0.attn.q_proj.weight', 'module.blocks.1.mlp.down_proj.weight'],
              ...group,
              params: [0, 1],
            },
          ],
        },
      }),
    ]);
    expect(lines(found)).toEqual([
      'blocks.0.attn.q_proj.weight: attn.q, 0 of 2, 4 x 3',
      'blocks.1.mlp.down_proj.weight: mlp.down, 1 of 2, 3 x 8',
    ]);
    expect(found).toMatchObject({
      layout: 'torch.optim.Muon',
      convention: 'average',
      stage: 'buffer',
      nsInput: 'buffer',
      step: 120,
    });
    expect(found.settings).toEqual([
      {
        layout: 'torch.optim.Muon',
        group: 0,
        learningRate: 0.02,
        momentum: 0.9,
        nesterov: false,
        schedule: {
          name: 'own x7',
          source: 'the checkpoint',
          coefficients: Array.from({ length: 7 }, () => [3, -3.2, 1.2]),
          entry: { normalisation: 'frobenius', scale: 1, epsilon: 1e-6 },
          precision: 'bf16',
        },
        stated: ['steps', 'coefficients', 'epsilon', 'learningRate', 'momentum', 'nesterov'],
      },
    ]);
    expect(found.matrices.map(({ settings }) => settings)).toEqual([0, 0]);
  });

  test('with AdamW beside it: its parameters are left out as moments, those without momentum as missing', async () => {
    const found = await findMomentum([
      checkpoint('a.pt', {
        optimizers: [
          {
            state: { '0': { momentum_buffer: tensor([4, 3]) } },
            param_groups: [{ ...group, ns_coefficients: JORDAN, ns_steps: 5, nesterov: true, params: [0, 1] }],
          },
          {
            state: { '0': { step: tensor([], { values: [77] }), exp_avg: tensor([9, 3]), exp_avg_sq: tensor([9, 3]) } },
            param_groups: [{ lr: 1e-3, betas: [0.9, 0.95], eps: 1e-8, params: [0] }],
          },
        ],
      }),
    ]);
    expect(left(found)).toEqual(['#optimizers.0.1: missing', '#optimizers.1.0: moments']);
    expect(found.step).toBe(77);
    expect(found.nsInput).toBe('nesterov');
    expect(found.settings[0]?.schedule?.name).toBe('jordan x5');
    expect(lines(found)).toEqual(['#optimizers.0.0: unnamed, 0 of 1, 4 x 3']);
    expect(found.notes).toEqual([
      "1 parameter has no name in the checkpoint: pass --names FILE, or --model with the model's own weights",
    ]);
  });

  test("SGD's momentum is not Muon's", async () => {
    const found = await findMomentum([
      checkpoint('a.pt', {
        state: { '0': { momentum_buffer: tensor([4, 3]) } },
        param_groups: [{ lr: 0.1, momentum: 0.9, dampening: 0, nesterov: false, params: [0] }],
      }),
    ]);
    expect(found.layout).toBe('none');
    expect(found.matrices).toEqual([]);
    expect(found.skipped).toEqual([
      { name: '#0', shape: [4, 3], cause: 'other optimizer', reason: "SGD's momentum: Muon does not update it" },
    ]);
  });
});

test("RMSprop's momentum is not Muon's either", async () => {
  const group = { lr: 0.1, momentum: 0.9, alpha: 0.99, eps: 1e-8, centered: false, weight_decay: 0, params: [0] };
  const found = await findMomentum([
    checkpoint('a.pt', {
      state: { '0': { momentum_buffer: tensor([4, 3]), square_avg: tensor([4, 3]) } },
      param_groups: [group],
    }),
  ]);
  expect(left(found)).toEqual(['#0: other optimizer']);
});

describe('KellerJordan/Muon', () => {
  const groups = [
    { params: [0], lr: 0.22, betas: [0.8, 0.95], eps: 1e-10, weight_decay: 0, use_muon: false },
    { params: [1, 2, 3, 4], lr: 0.05, momentum: 0.95, weight_decay: 0, use_muon: true },
  ];
  const adam = { exp_avg: tensor([50, 4]), exp_avg_sq: tensor([50, 4]), step: 31 };
  const rank = (r: number, state: { readonly [id: string]: Plain }): ReturnType<typeof checkpoint> =>
    checkpoint(`ckpt/step31_rank${r}.pt`, { state: { '0': adam, ...state }, param_groups: groups });

  test('each rank has what it owns: files together have all, and a model names them', async () => {
    const model = checkpoint('ckpt/model.pt', {
      'embed.weight': tensor([50, 4]),
      'blocks.0.attn.c_proj.weight': tensor([4, 4]),
      'blocks.0.mlp.c_fc.weight': tensor([16, 4]),
      'blocks.1.attn.c_proj.weight': tensor([4, 4]),
      'blocks.1.mlp.c_fc.weight': tensor([16, 4]),
    });
    const files = [
      rank(0, { '1': { momentum_buffer: tensor([16, 4]) }, '3': { momentum_buffer: tensor([4, 4]) } }),
      rank(1, {
        '2': { momentum_buffer: tensor([16, 4], { dtype: 'bfloat16' }) },
        '4': { momentum_buffer: tensor([4, 4]) },
      }),
    ];
    const found = await findMomentum(files, { model });
    expect(lines(found)).toEqual([
      'blocks.0.attn.c_proj.weight: attn.o, 0 of 2, 4 x 4',
      'blocks.0.mlp.c_fc.weight: mlp.up, 0 of 2, 16 x 4',
      'blocks.1.attn.c_proj.weight: attn.o, 1 of 2, 4 x 4',
      'blocks.1.mlp.c_fc.weight: mlp.up, 1 of 2, 16 x 4',
    ]);
    expect(found).toMatchObject({ layout: 'KellerJordan/Muon', convention: 'average', nsInput: 'nesterov', step: 31 });
    expect(found).toMatchObject({ params: 200 + 32 + 128, nonEmbeddingParams: 160 });
    expect(found.matrices.map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'float32', 'bfloat16']);
    expect(found.notes).toEqual(["4 names follow from order and shape of the model's weights"]);
    expect(left(found)).toEqual(['embed.weight: moments']);
  });

  test("one rank's file alone misses the others' matrices", async () => {
    const found = await findMomentum([rank(0, { '1': { momentum_buffer: tensor([16, 4]) } })]);
    expect(left(found)).toEqual(['#0: moments', '#2: missing', '#3: missing', '#4: missing']);
    expect(found.skipped[1]?.reason).toBe(
      'Muon owns it and has no momentum for it here: it was never updated, or the file of its rank was not given',
    );
  });

  test('before February 2025 it kept a sum', async () => {
    const options = { lr: 0.02, momentum: 0.95, nesterov: true, ns_steps: 6 };
    const state = { '0': { momentum_buffer: tensor([4, 4]) } };
    const sum = await findMomentum([
      checkpoint('a.pt', {
        state,
        param_groups: [{ ...options, adamw_lr_ratio: 0.01, adamw_betas: [0.9, 0.95], params: [0] }],
      }),
    ]);
    const average = await findMomentum([
      checkpoint('a.pt', { state, param_groups: [{ ...options, update_buffer: tensor([1, 16]), params: [0] }] }),
    ]);
    expect([sum.layout, sum.convention]).toEqual(['KellerJordan/Muon before 2025-02', 'sum']);
    expect([average.layout, average.convention]).toEqual(['KellerJordan/Muon', 'average']);
    expect(average.settings[0]?.schedule?.coefficients).toHaveLength(6);
  });

  test('copies of either convention have the same groups: it is left open, and a note says what tells', async () => {
    const options = { lr: 0.02, momentum: 0.95, nesterov: true, ns_steps: 5 };
    const file = checkpoint('a.pt', {
      state: { '0': { momentum_buffer: tensor([4, 4]) } },
      param_groups: [{ ...options, params: [0] }],
    });
    const found = await findMomentum([file]);
    expect([found.layout, found.convention]).toEqual(['a copy of KellerJordan/Muon', null]);
    expect(found.notes[0]).toContain('--convention tells');
    expect((await findMomentum([file], { convention: 'average' })).convention).toBe('average');
  });
});

test('Moonlight: a sum, AdamW inside with moment1 and moment2', async () => {
  const found = await findMomentum(
    [
      checkpoint('moonlight.pt', {
        state: {
          '0': { use_muon: true, momentum_buffer: tensor([4, 4]) },
          '1': { use_muon: true },
          '2': { use_muon: false, step: 9, moment1: tensor([70, 4]), moment2: tensor([70, 4]) },
        },
        param_groups: [
          {
            lr: 1e-3,
            wd: 0.1,
            momentum: 0.95,
            nesterov: true,
            ns_steps: 5,
            adamw_betas: [0.9, 0.95],
            adamw_eps: 1e-8,
            params: [0, 1, 2],
          },
        ],
      }),
    ],
    {
      names: [
        'model.layers.0.self_attn.q_proj.weight',
        'model.layers.0.self_attn.k_proj.weight',
        'model.embed_tokens.weight',
      ],
    },
  );
  expect(lines(found)).toEqual(['model.layers.0.self_attn.q_proj.weight: attn.q, 0 of 1, 4 x 4']);
  expect(left(found)).toEqual([
    'model.layers.0.self_attn.k_proj.weight: missing',
    'model.embed_tokens.weight: moments',
  ]);
  expect(found).toMatchObject({ layout: 'Moonlight', convention: 'sum', nsInput: 'nesterov', step: 9 });
});

describe('microsoft/dion and OLMo-core', () => {
  const muon = {
    algorithm: 'muon',
    lr: tensor([], { values: [0.01] }),
    mu: 0.95,
    epsilon: 1e-8,
    nesterov: false,
    flatten: false,
    step: 40,
  };

  test('state by name: AdamW and Lion keep a momentum too, Dion orthonormalises otherwise', async () => {
    const found = await findMomentum([
      checkpoint(
        'dcp',
        {
          step: 41,
          optimizer: {
            state: {
              'blocks.0.attention.w_q.weight': { momentum: tensor([4, 4]) },
              'blocks.0.feed_forward.w1.weight': { momentum: tensor([8, 4]), variance_neuron: tensor([8, 1]) },
              'blocks.0.feed_forward.w3.weight': { momentum: tensor([8, 4]) },
              'lm_head.w_out.weight': { momentum: tensor([9, 4]), variance: tensor([9, 4]), step_dev: tensor([]) },
              'embeddings.weight': { momentum: tensor([9, 4]) },
              'blocks.0.attention.w_k.weight': { momentum: tensor([4, 4]), Q: tensor([4, 2]) },
            },
            param_groups: [
              {
                ...muon,
                params: [
                  'blocks.0.attention.w_q.weight',
                  'blocks.0.feed_forward.w1.weight',
                  'blocks.0.feed_forward.w3.weight',
                ],
              },
              { algorithm: 'adamw', params: ['lm_head.w_out.weight'] },
              { algorithm: 'lion', params: ['embeddings.weight'] },
              { algorithm: 'dion', params: ['blocks.0.attention.w_k.weight'] },
            ],
          },
        },
        { format: 'torch-distributed' },
      ),
    ]);
    expect(lines(found)).toEqual([
      'blocks.0.attention.w_q.weight: attn.q, 0 of 1, 4 x 4',
      'blocks.0.feed_forward.w1.weight: mlp.gate, 0 of 1, 8 x 4',
      'blocks.0.feed_forward.w3.weight: mlp.up, 0 of 1, 8 x 4',
    ]);
    expect(left(found)).toEqual([
      'lm_head.w_out.weight: moments',
      'embeddings.weight: other optimizer',
      'blocks.0.attention.w_k.weight: other optimizer',
    ]);
    expect(found).toMatchObject({ layout: 'microsoft/dion', convention: 'sum', nsInput: 'buffer', step: 41 });
    expect(found.settings[0]).toMatchObject({
      learningRate: Math.fround(0.01),
      momentum: 0.95,
      stated: ['epsilon', 'learningRate', 'momentum', 'nesterov'],
    });
    expect(found.settings[0]?.schedule).toMatchObject({
      name: 'polar-express of dion x5',
      entry: { scale: 1.02, epsilon: 1e-8 },
    });
  });

  test('flattened keys, as OLMo-core writes them', async () => {
    const found = await findMomentum([
      checkpoint(
        'runs/peri/step1000/model_and_optim',
        {
          'model.blocks.0.attention.w_q.weight': tensor([4, 4]),
          'model.blocks.1.attention.w_q.weight': tensor([4, 4]),
          'model.embeddings.weight': tensor([20, 4]),
          'optim.state.blocks.0.attention.w_q.weight.momentum': tensor([4, 4]),
          'optim.state.embeddings.weight.momentum': tensor([20, 4]),
          'optim.state.embeddings.weight.variance': tensor([20, 4]),
          'optim.param_groups.blocks.0.attention.w_q.weight.algorithm': 'muon',
          'optim.param_groups.blocks.0.attention.w_q.weight.nesterov': true,
          'optim.param_groups.blocks.0.attention.w_q.weight.mu': 0.9,
          'optim.param_groups.embeddings.weight.algorithm': 'adamw',
        },
        { format: 'torch-distributed' },
      ),
    ]);
    expect(lines(found)).toEqual(['blocks.0.attention.w_q.weight: attn.q, 0 of 2, 4 x 4']);
    expect(left(found)).toEqual(['embeddings.weight: moments']);
    expect(found).toMatchObject({
      layout: 'microsoft/dion',
      convention: 'sum',
      nsInput: 'nesterov',
      step: 1000,
      params: 112,
      nonEmbeddingParams: 32,
    });
    expect(found.settings[0]).toMatchObject({ momentum: 0.9, nesterov: true });
  });

  test('split_sizes and num_heads are what Newton-Schulz sees', async () => {
    const named = (group: { readonly [key: string]: Plain }): Promise<FoundMomentum> =>
      findMomentum([
        checkpoint('a.pt', {
          state: { '0': { momentum: tensor([8, 4]) } },
          param_groups: [{ ...muon, ...group, params: [0], param_names: ['h.0.attn.qkv_proj.weight'] }],
        }),
      ]);
    expect(lines(await named({ split_sizes: [4, 2, 2] }))).toEqual([
      'h.0.attn.qkv_proj.weight.q: attn.q, 0 of 1, 4 x 4',
      'h.0.attn.qkv_proj.weight.k: attn.k, 0 of 1, 2 x 4',
      'h.0.attn.qkv_proj.weight.v: attn.v, 0 of 1, 2 x 4',
    ]);
    expect(lines(await named({ num_heads: 2 }))).toEqual([
      'h.0.attn.qkv_proj.weight[0]: attn.qkv, 0 of 1, 4 x 4',
      'h.0.attn.qkv_proj.weight[1]: attn.qkv, 0 of 1, 4 x 4',
    ]);
  });

  test('the reference Muon keeps a sum under momentum_buffer', async () => {
    const found = await findMomentum([
      checkpoint('a.pt', {
        state: {
          '0': { algorithm: 'muon', momentum_buffer: tensor([4, 4]) },
          '1': { algorithm: 'lion', momentum_buffer: tensor([4, 4]) },
        },
        param_groups: [
          {
            lr: 1e-3,
            momentum: 0.95,
            nesterov: true,
            ns_steps: 5,
            adjust_lr: 'rms_norm',
            epsilon: 1e-8,
            params: [0, 1],
          },
        ],
      }),
    ]);
    expect([found.layout, found.convention]).toEqual(['microsoft/dion reference', 'sum']);
    expect(left(found)).toEqual(['#1: other optimizer']);
  });
});

describe('nanochat', () => {
  const adamw = (params: number[]): Plain => ({ kind: 'adamw', params, lr: 0.2, betas: [0.8, 0.95], eps: 1e-10 });
  const muon = (params: number[]): Plain => ({
    kind: 'muon',
    params,
    lr: 0.02,
    momentum: 0.93,
    ns_steps: 5,
    beta2: 0.9,
    weight_decay: 0,
    initial_lr: 0.02,
  });
  const groups = [adamw([0]), adamw([1]), muon([2, 3, 4, 5, 6]), muon([7])];
  const rank = (r: number): ReturnType<typeof checkpoint> =>
    checkpoint(`d12/optim_000123_rank${r}.pt`, {
      state: {
        '0': { step: 123, exp_avg: tensor([30, 4]), exp_avg_sq: tensor([30, 4]) },
        '2': { momentum_buffer: tensor([3, 4, 4], { first: 1000 * r }), second_momentum_buffer: tensor([3, 4, 1]) },
        '7': { momentum_buffer: tensor([1, 16, 4]), second_momentum_buffer: tensor([1, 16, 1]) },
      },
      param_groups: groups,
    });
  const model = checkpoint('d12/model_000123.pt', {
    'transformer.wte.weight': tensor([60, 4]),
    'transformer.h.0.attn.c_q.weight': tensor([4, 4]),
    'transformer.h.0.attn.c_k.weight': tensor([4, 4]),
    'transformer.h.0.attn.c_v.weight': tensor([4, 4]),
    'transformer.h.0.attn.c_proj.weight': tensor([4, 4]),
    'transformer.h.0.mlp.c_fc.weight': tensor([16, 4]),
    'transformer.h.1.attn.c_q.weight': tensor([4, 4]),
    'lm_head.weight': tensor([60, 4]),
  });

  test("stacks of several ranks, padded, are named by the model's order", async () => {
    const found = await findMomentum([rank(0), rank(1)], { model });
    expect(lines(found)).toEqual([
      'transformer.h.0.attn.c_q.weight: attn.q, 0 of 2, 4 x 4',
      'transformer.h.0.attn.c_k.weight: attn.k, 0 of 2, 4 x 4',
      'transformer.h.0.attn.c_v.weight: attn.v, 0 of 2, 4 x 4',
      'transformer.h.0.attn.c_proj.weight: attn.o, 0 of 2, 4 x 4',
      'transformer.h.0.mlp.c_fc.weight: mlp.up, 0 of 2, 16 x 4',
      'transformer.h.1.attn.c_q.weight: attn.q, 1 of 2, 4 x 4',
    ]);
    expect(left(found)).toEqual(['#2[2...]: padding', '#7[0...]: padding', '#0: moments']);
    expect(found).toMatchObject({
      layout: 'nanochat',
      convention: 'average',
      nsInput: 'nesterov',
      step: 123,
      params: 480 + 144,
      nonEmbeddingParams: 144,
    });
    expect(found.settings[0]?.schedule).toMatchObject({
      name: 'polar-express of nanochat x5',
      entry: { scale: 1.01, epsilon: 1e-6 },
    });
    const fourth = await found.matrices[3]?.read();
    expect(fourth?.data[0]).toBe(1000); // the first of rank 1
  });

  test('in January 2026 Muon was an optimizer of its own, with stacks of all its matrices', async () => {
    const group = { lr: 0.02, momentum: 0.95, ns_steps: 5, beta2: 0.95, weight_decay: 0.1 };
    const state = { '0': { momentum_buffer: tensor([2, 4, 4]), second_momentum_buffer: tensor([2, 4, 1]) } };
    const found = await findMomentum(
      [
        checkpoint('optim_000010_rank0.pt', {
          '0': { state: {}, param_groups: [] },
          '1': { state, param_groups: [{ ...group, params: [0, 1] }] },
        }),
      ],
      { names: ['h.0.attn.c_q.weight', 'h.1.attn.c_q.weight'] },
    );
    expect(lines(found)).toEqual([
      'h.0.attn.c_q.weight: attn.q, 0 of 2, 4 x 4',
      'h.1.attn.c_q.weight: attn.q, 1 of 2, 4 x 4',
    ]);
    expect([found.layout, found.convention]).toEqual(['nanochat', 'average']);
  });

  test('a rank whose number is not known cannot be named', async () => {
    const found = await findMomentum([{ ...rank(1), name: 'upload.pt' }], { model });
    expect(lines(found).slice(1)).toEqual([
      '#2[0]: unnamed, 0 of 1, 4 x 4',
      '#2[1]: unnamed, 0 of 1, 4 x 4',
      '#2[2]: unnamed, 0 of 1, 4 x 4',
    ]);
  });
});

describe('modded-nanogpt', () => {
  const bank = (shape: number[]): Plain => ({
    momentum_buffer: tensor(shape),
    second_momentum_buffer: tensor([shape[0] ?? 1, 1, 1]),
    mantissa: tensor(shape, { dtype: 'other' }),
  });
  const states = {
    '140234': { step: 5, exp_avg: tensor([50, 4]), exp_avg_sq: tensor([50, 4]) },
    '140235': bank([4, 2, 4]),
    '140236': bank([4, 4, 4]),
    '140237': bank([4, 16, 4]),
  };

  test('banks keyed by address are named by the model beside them; matrices take turns', async () => {
    const found = await findMomentum(
      [
        checkpoint('logs/x/state_step000005.pt', {
          step: 5,
          code: 'import os',
          model: {
            'embed.weight': tensor([50, 4]),
            qk_bank: tensor([8, 2, 4]),
            vo_bank: tensor([4, 4, 4]),
            mlp_bank: tensor([2, 2, 16, 4]),
          },
          optimizer: { param_states: states, param_cfgs: {} },
        }),
      ],
      { heads: 4 },
    );
    expect(lines(found)).toEqual([
      ...['attn.q', 'attn.q', 'attn.k', 'attn.k'].map((role, i) => `qk_bank[${i}]: ${role}, 0 of 1, 2 x 4`),
      'vo_bank[0]: attn.v, 0 of 2, 4 x 4',
      'vo_bank[1]: attn.o, 0 of 2, 4 x 4',
      'vo_bank[2]: attn.v, 1 of 2, 4 x 4',
      'vo_bank[3]: attn.o, 1 of 2, 4 x 4',
      'mlp_bank[0]: mlp.up, 0 of 2, 16 x 4',
      'mlp_bank[1]: mlp.down, 0 of 2, 16 x 4',
      'mlp_bank[2]: mlp.up, 1 of 2, 16 x 4',
      'mlp_bank[3]: mlp.down, 1 of 2, 16 x 4',
    ]);
    expect(found).toMatchObject({ layout: 'modded-nanogpt', convention: 'average', nsInput: 'nesterov', step: 5 });
    expect(found.settings[0]?.schedule?.entry).toMatchObject({ scale: 1.02 });
  });

  test('configurations saved as dictionaries name banks, and ranks continue each other', async () => {
    const config = { label: 'attn_bank', optim: 'normuon', momentum: 0.9, lr: 0.03, reshape: [8, 4, 4], chunk_size: 4 };
    const file = (r: number): ReturnType<typeof checkpoint> =>
      checkpoint(`step7_rank${r}.pt`, {
        param_states: { [`9${r}`]: bank([4, 4, 4]) },
        param_cfgs: { [`9${r}`]: config },
      });
    const found = await findMomentum([file(1), file(0)]);
    expect(found.matrices.map(({ name, role, layer }) => `${name} ${role} ${layer}`)).toEqual([
      'attn_bank[4] attn.q 1',
      'attn_bank[5] attn.k 1',
      'attn_bank[6] attn.v 1',
      'attn_bank[7] attn.o 1',
      'attn_bank[0] attn.q 0',
      'attn_bank[1] attn.k 0',
      'attn_bank[2] attn.v 0',
      'attn_bank[3] attn.o 0',
    ]);
    expect(found.settings[0]).toMatchObject({ learningRate: 0.03, momentum: 0.9 });
  });

  test('the medium track keeps the stack in the group', async () => {
    const found = await findMomentum(
      [
        checkpoint('state_step000009.pt', {
          optimizers: [
            {
              state: {},
              param_groups: [
                { params: [0, 1], chunk_size: 2, lr: 0.02, momentum: 0.95, momentum_buffer: tensor([2, 4, 4]) },
              ],
            },
          ],
        }),
      ],
      { names: ['blocks.0.attn.qkvo_w', 'blocks.1.attn.qkvo_w'] },
    );
    expect(lines(found)).toEqual([
      'blocks.0.attn.qkvo_w: attn.qkvo, 0 of 2, 4 x 4',
      'blocks.1.attn.qkvo_w: attn.qkvo, 1 of 2, 4 x 4',
    ]);
  });
});

describe('Megatron + Emerging-Optimizers', () => {
  test('layers as an axis, experts as another, fused projections split with the heads of its arguments', async () => {
    const key = 'chained_0.optimizer.state.momentum_buffer.decoder.layers';
    const found = await findMomentum([
      checkpoint(
        'iter_0000300',
        {
          args: { num_attention_heads: 4, num_query_groups: 2, hidden_size: 8 },
          iteration: 300,
          'decoder.layers.self_attention.linear_qkv.weight': tensor([2, 16, 8]),
          'embedding.word_embeddings.weight': tensor([40, 8]),
          [`${key}.self_attention.linear_qkv.weight`]: tensor([2, 16, 8]),
          [`${key}.self_attention.linear_proj.weight`]: tensor([2, 8, 8]),
          [`${key}.mlp.linear_fc1.weight`]: tensor([2, 12, 8]),
          [`${key}.mlp.linear_fc2.weight`]: tensor([2, 8, 6]),
          [`${key}.mlp.experts.experts.linear_fc2.weight`]: tensor([2, 3, 8, 6]),
          [`${key}.mlp.linear_fc1.layer_norm_weight`]: tensor([2, 8]),
          'chained_1.optimizer.state.exp_avg.embedding.word_embeddings.weight': tensor([40, 8]),
          'chained_1.optimizer.state.exp_avg_sq.embedding.word_embeddings.weight': tensor([40, 8]),
          'chained_0.optimizer.state.fp32_param.decoder.layers.mlp.linear_fc2.weight': tensor([2, 8, 6]),
        },
        { format: 'torch-distributed' },
      ),
    ]);
    expect(lines(found).filter((line) => line.includes('layers.1.'))).toEqual([
      'decoder.layers.1.self_attention.linear_qkv.weight.q: attn.q, 1 of 2, 8 x 8',
      'decoder.layers.1.self_attention.linear_qkv.weight.k: attn.k, 1 of 2, 4 x 8',
      'decoder.layers.1.self_attention.linear_qkv.weight.v: attn.v, 1 of 2, 4 x 8',
      'decoder.layers.1.self_attention.linear_proj.weight: attn.o, 1 of 2, 8 x 8',
      'decoder.layers.1.mlp.linear_fc1.weight.gate: mlp.gate, 1 of 2, 6 x 8',
      'decoder.layers.1.mlp.linear_fc1.weight.up: mlp.up, 1 of 2, 6 x 8',
      'decoder.layers.1.mlp.linear_fc2.weight: mlp.down, 1 of 2, 8 x 6',
      ...[0, 1, 2].map((e) => `decoder.layers.1.mlp.experts.experts.linear_fc2.weight[${e}]: mlp.down, 1 of 2, 8 x 6`),
    ]);
    expect(left(found)).toEqual([
      'embedding.word_embeddings.weight: moments',
      'decoder.layers.mlp.linear_fc1.layer_norm_weight: norm',
    ]);
    expect(found).toMatchObject({
      layout: 'Megatron + Emerging-Optimizers',
      convention: 'average',
      nsInput: 'buffer',
      step: 300,
    });
    // per query group: two heads of queries (2 x 2 rows), keys (2), values (2)
    const k = await found.matrices
      .find(({ name }) => name.endsWith('layers.1.self_attention.linear_qkv.weight.k'))
      ?.read();
    expect([...(k?.data ?? [])].filter((_, i) => i % 8 === 0)).toEqual([4, 5, 12, 13].map((row) => 128 + 8 * row));
  });

  test('layers in the name, heads not told: qkv stays whole and says what would split it', async () => {
    const found = await findMomentum([
      checkpoint(
        'iter_0000300',
        {
          'optimizer.state.momentum_buffer.decoder.layers.5.self_attention.linear_qkv.weight': tensor([24, 8]),
          'optimizer.state.momentum_buffer.decoder.layers.5.mlp.linear_fc1.weight': tensor([32, 8]),
          'optimizer.state.momentum_buffer.decoder.layers.5.mlp.linear_fc2.weight': tensor([8, 32]),
        },
        { format: 'torch-distributed' },
      ),
    ]);
    expect(lines(found)).toEqual([
      'decoder.layers.5.self_attention.linear_qkv.weight: attn.qkv, 5 of 6, 24 x 8',
      'decoder.layers.5.mlp.linear_fc1.weight: mlp.up, 5 of 6, 32 x 8',
      'decoder.layers.5.mlp.linear_fc2.weight: mlp.down, 5 of 6, 8 x 32',
    ]);
    expect(found.notes).toContain(
      '1 fused matrix is measured whole, decoder.layers.*.self_attention.linear_qkv.weight: one block a head; pass --heads N and --kv-heads N to split it',
    );
  });
});

test('DeepSpeed: average, Gram form in fp16; flat partitions are shards', async () => {
  const groups = [
    {
      params: [0, 1],
      lr: 0.02,
      momentum: 0.95,
      weight_decay: 0,
      use_muon: true,
      ns_method: 'gram',
      name: 'muon-params',
    },
    { params: [2], lr: 1e-3, betas: [0.9, 0.95], eps: 1e-8, use_muon: false, name: 'adam-params' },
  ];
  const found = await findMomentum(
    [
      checkpoint('global_step50/mp_rank_00_model_states.pt', {
        global_steps: 50,
        optimizer: {
          state: {
            '0': { momentum_buffer: tensor([8, 4]) },
            '1': { momentum_buffer: tensor([3, 8, 4]) },
            '2': { exp_avg: tensor([60, 4]), exp_avg_sq: tensor([60, 4]), step: 50 },
          },
          param_groups: groups,
        },
      }),
    ],
    { names: ['model.layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.experts.up_proj', 'model.embed_tokens.weight'] },
  );
  expect(lines(found)).toEqual([
    'model.layers.0.mlp.up_proj.weight: mlp.up, 0 of 1, 8 x 4',
    ...[0, 1, 2].map((e) => `model.layers.0.mlp.experts.up_proj[${e}]: mlp.up, 0 of 1, 8 x 4`),
  ]);
  expect(found).toMatchObject({ layout: 'DeepSpeed', convention: 'average', nsInput: 'nesterov', step: 50 });
  expect(found.settings[0]?.schedule).toMatchObject({ name: 'jordan in Gram form x5', precision: 'fp16' });

  const flat = await findMomentum([
    checkpoint('global_step50/zero_pp_rank_0_mp_rank_00_optim_states.pt', {
      optimizer_state_dict: {
        base_optimizer_state: {
          state: { '0': { momentum_buffer: tensor([128]) } },
          param_groups: [{ ...groups[0], params: [0] }],
        },
      },
    }),
  ]);
  expect(flat.matrices).toEqual([]);
  expect(flat.skipped).toMatchObject([{ cause: 'shard' }]);
});

describe('optax.contrib.muon', () => {
  const prefix = 'inner_states/muon/inner_state/0';

  test('a flattened MuonState: names behind mu, coefficients read, embeddings of a two-dimensional default left out', async () => {
    const found = await findMomentum([
      checkpoint(
        'step_12.npz',
        {
          'inner_states/adam/inner_state/0/count': tensor([], { dtype: 'int32' }),
          'inner_states/adam/inner_state/0/mu/params/h_0/attn/query/bias': tensor([8]),
          'inner_states/adam/inner_state/0/nu/params/h_0/attn/query/bias': tensor([8]),
          [`${prefix}/count`]: tensor([], { dtype: 'int32' }),
          [`${prefix}/mu/params/h_0/attn/query/kernel`]: tensor([8, 8]),
          [`${prefix}/mu/params/h_1/mlp/c_fc/kernel`]: tensor([8, 32]),
          [`${prefix}/mu/params/wte/embedding`]: tensor([60, 8]),
          [`${prefix}/ns_coeffs`]: tensor([2, 3], { values: [1.5, -0.5, 0, 2, -1.5, 0.5] }),
        },
        { format: 'npz' },
      ),
    ]);
    expect(lines(found)).toEqual([
      'params.h_0.attn.query.kernel: attn.q, 0 of 2, 8 x 8',
      'params.h_1.mlp.c_fc.kernel: mlp.up, 1 of 2, 8 x 32',
    ]);
    expect(left(found)).toEqual(['params.h_0.attn.query.bias: moments', 'params.wte.embedding: embedding']);
    expect(found).toMatchObject({ layout: 'optax.contrib.muon', convention: 'average', nsInput: 'nesterov', step: 12 });
    expect(found.settings[0]?.schedule).toMatchObject({
      name: 'own x2',
      coefficients: [
        [1.5, -0.5, 0],
        [2, -1.5, 0.5],
      ],
      entry: { epsilon: 1e-8 },
    });
    expect(found.settings[0]?.stated).toEqual(['coefficients']);
  });

  test('the brackets of keystr, and kernels of several heads', async () => {
    const found = await findMomentum([
      checkpoint(
        'a.safetensors',
        {
          "[0].mu['h_0']['attn']['query'].kernel": tensor([8, 2, 4]),
          "[0].mu['h_0']['attn']['out'].kernel": tensor([2, 4, 8]),
          "[0].mu['h_0']['moe']['experts'].w1": tensor([3, 8, 16]),
          '[0].ns_coeffs': tensor([3], { values: JORDAN }),
        },
        { format: 'safetensors' },
      ),
    ]);
    expect(lines(found)).toEqual([
      'h_0.attn.query.kernel: attn.q, 0 of 1, 8 x 8',
      'h_0.attn.out.kernel: attn.o, 0 of 1, 8 x 8',
      ...[0, 1, 2].map((e) => `h_0.moe.experts.w1[${e}]: mlp.up, 0 of 1, 8 x 16`),
    ]);
    expect(found.settings[0]?.schedule?.name).toBe('jordan x5');
  });
});

describe('MLX', () => {
  test('v alone is momentum, v beside m is AdamW', async () => {
    const found = await findMomentum([
      checkpoint(
        'optimizer.safetensors',
        {
          'states.0.step': tensor([], { dtype: 'other' }),
          'states.0.layers.0.attention.query_proj.weight.v': tensor([8, 8]),
          'states.0.layers.1.linear1.weight.v': tensor([32, 8]),
          'states.1.embedding.weight.m': tensor([60, 8]),
          'states.1.embedding.weight.v': tensor([60, 8]),
        },
        { format: 'safetensors' },
      ),
    ]);
    expect(lines(found)).toEqual([
      'layers.0.attention.query_proj.weight: attn.q, 0 of 2, 8 x 8',
      'layers.1.linear1.weight: mlp.up, 1 of 2, 32 x 8',
    ]);
    expect(left(found)).toEqual(['embedding.weight: moments']);
    expect(found).toMatchObject({ layout: 'MLX', convention: 'average', nsInput: 'nesterov' });
  });

  test('its Muon flattens what has more than two axes', async () => {
    const found = await findMomentum([
      checkpoint('o.safetensors', { 'layers.0.conv.weight.v': tensor([6, 3, 3, 2]) }, { format: 'safetensors' }),
    ]);
    expect(lines(found)).toEqual(['layers.0.conv.weight: layers.*.conv.weight, 0 of 1, 6 x 18']);
  });
});

test("this project's own checkpoints", async () => {
  const found = await findMomentum([
    checkpoint(
      'runs/x/checkpoint/state.safetensors',
      {
        step: 400,
        'weights/embedding': tensor([60, 8]),
        'weights/layers.0.attn.q': tensor([8, 8]),
        'weights/layers.1.mlp.up': tensor([32, 8]),
        'weights/head': tensor([60, 8]),
        'momentum/layers.0.attn.q': tensor([8, 8]),
        'momentum/layers.1.mlp.up': tensor([32, 8]),
        'first/embedding': tensor([60, 8]),
        'second/embedding': tensor([60, 8]),
      },
      { format: 'muonscope' },
    ),
  ]);
  expect(lines(found)).toEqual(['layers.0.attn.q: attn.q, 0 of 2, 8 x 8', 'layers.1.mlp.up: mlp.up, 1 of 2, 32 x 8']);
  expect(found).toMatchObject({
    layout: 'muonscope',
    convention: null,
    step: 400,
    params: 320 + 960,
    nonEmbeddingParams: 320,
  });
});

describe('buffers saved by name, and keys the user names', () => {
  test('"momentum.NAME" and "NAME.momentum_buffer"', async () => {
    const leading = await findMomentum([
      checkpoint('a.safetensors', { 'momentum.h.0.attn.c_proj.weight': tensor([8, 8]) }, { format: 'safetensors' }),
    ]);
    const trailing = await findMomentum([
      checkpoint('a.npz', { 'optimizer/h.0.attn.c_proj.weight.momentum_buffer': tensor([8, 8]) }, { format: 'npz' }),
    ]);
    expect(lines(leading)).toEqual(['h.0.attn.c_proj.weight: attn.o, 0 of 1, 8 x 8']);
    expect(lines(trailing)).toEqual(lines(leading));
    expect([leading.layout, leading.convention, leading.nsInput]).toEqual(['named buffers', null, null]);
    expect([leading.settings, leading.matrices[0]?.settings]).toEqual([[], null]);
    const told = await findMomentum([checkpoint('a.npz', { 'momentum.h.0.attn.c_proj.weight': tensor([8, 8]) })], {
      convention: 'sum',
    });
    expect(told.convention).toBe('sum');
  });

  test('a key of MLX behind a projection of its name, and parameters called by numbers', async () => {
    const mlx = checkpoint('o.npz', { 'layers.0.attn.v.weight.v': tensor([8, 8]) });
    expect(lines(await findMomentum([mlx], { momentumKey: 'v' }))).toEqual([
      'layers.0.attn.v.weight: attn.v, 0 of 1, 8 x 8',
    ]);
    const flat = checkpoint('o.npz', {
      'optim.state.0.weight.momentum': tensor([8, 8]),
      'optim.param_groups.0.weight.algorithm': 'muon',
      'optim.param_groups.0.weight.mu': 0.5,
    });
    const found = await findMomentum([flat]);
    expect(lines(found)).toEqual(['0.weight: *.weight, 0 of 1, 8 x 8']);
    expect([found.layout, found.settings[0]?.momentum]).toEqual(['microsoft/dion', 0.5]);
  });

  test.each([
    ['in front', { 'ema1.h.0.mlp.c_fc.weight': tensor([8, 8]) }],
    ['behind', { 'optim.state.h.0.mlp.c_fc.weight.ema1': tensor([8, 8]) }],
    ['nested', { opt: { ema1: { 'h.0': { 'mlp.c_fc': { weight: tensor([8, 8]) } } } } }],
    [
      'in a state dict',
      {
        state: { 'h.0.mlp.c_fc.weight': { ema1: tensor([8, 8]), exp_avg_sq: tensor([8, 8]) } },
        param_groups: [{ params: ['h.0.mlp.c_fc.weight'], lr: 1 }],
      },
    ],
  ])('a key of its own, %s', async (_, tree) => {
    const found = await findMomentum([checkpoint('a.pt', tree)], { momentumKey: 'ema1' });
    expect(lines(found)).toEqual(['h.0.mlp.c_fc.weight: mlp.up, 0 of 1, 8 x 8']);
    expect([found.layout, found.convention]).toEqual(['key ema1', null]);
  });
});
