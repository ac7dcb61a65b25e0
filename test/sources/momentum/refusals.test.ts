import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import { findMomentum } from '../../../src/sources/momentum/findMomentum.ts';
import type { FoundMomentum } from '../../../src/sources/momentum/momentumMatrix.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

const MUON = { lr: 0.02, momentum: 0.95, weight_decay: 0, use_muon: true };

function torch(
  name: string,
  momentum: { readonly [id: string]: Plain },
  names: readonly string[],
  root: { readonly [key: string]: Plain } = {},
): ReturnType<typeof checkpoint> {
  const state = Object.fromEntries(Object.entries(momentum).map(([id, buffer]) => [id, { momentum_buffer: buffer }]));
  return checkpoint(name, {
    ...root,
    state,
    param_groups: [{ ...MUON, params: names.map((_, i) => i), param_names: [...names] }],
  });
}

function reasons({ skipped }: FoundMomentum): string[] {
  return skipped.map(({ name, cause, reason }) => `${name}: ${cause}: ${reason}`);
}

describe('what is left out, and why', () => {
  test('vectors, empty tensors, integers, embeddings, heads, norms, absurd stacks', async () => {
    const shapes: readonly (readonly [string, Plain])[] = [
      ['h.0.attn.c_proj.weight', tensor([4, 4])],
      ['h.0.attn.c_proj.bias', tensor([4])],
      ['h.0.scale', tensor([])],
      ['h.0.mlp.c_fc.weight', tensor([0, 4])],
      ['h.1.mlp.c_fc.weight', tensor([4, 4], { dtype: 'int8' })],
      ['h.2.mlp.c_fc.weight', tensor([4, 4], { dtype: 'float8' })],
      ['wte.weight', tensor([60, 4])],
      ['lm_head.weight', tensor([60, 4])],
      ['h.0.ln_1.weight', tensor([2, 4])],
      ['h.0.conv1d.weight', tensor([8, 1, 4])],
      ['h.0.experts.w', tensor([70_000, 1, 1])],
      ['h.0.text', 'momentum'],
    ];
    const found = await findMomentum([
      torch(
        'a.pt',
        Object.fromEntries(shapes.map(([, value], i) => [String(i), value])),
        shapes.map(([name]) => name),
      ),
    ]);
    expect(found.matrices.map(({ name }) => name)).toEqual(['h.0.attn.c_proj.weight']);
    expect(reasons(found)).toEqual([
      'h.0.attn.c_proj.bias: vector: 1-D: Newton-Schulz needs a matrix',
      'h.0.scale: vector: 0-D: Newton-Schulz needs a matrix',
      'h.0.mlp.c_fc.weight: empty: no elements',
      'h.1.mlp.c_fc.weight: dtype: int8: expected one of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2',
      'h.2.mlp.c_fc.weight: dtype: float8: expected one of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2',
      'h.0.conv1d.weight: convolution: a convolution of 1 axis: its slices of 1 x 4 are no weight matrices',
      'h.0.experts.w: shape: a stack of 70000 matrices; at most 65536 are listed',
      'h.0.text: missing: Muon owns it and has no momentum for it here: it was never updated, or the file of its rank was not given',
      'wte.weight: embedding: an embedding: its rows are looked up one by one, and Muon is for hidden matrices',
      'lm_head.weight: head: the output head: Muon is for hidden matrices',
      'h.0.ln_1.weight: norm: gains of a norm, not a hidden matrix',
    ]);
  });

  test('a convolution (out, in, height, width) is measured as Muon flattens it', async () => {
    const { matrices } = await findMomentum([torch('a.pt', { '0': tensor([8, 3, 3, 3]) }, ['layer1.0.conv1.weight'])]);
    expect(matrices.map(({ name, role, shape }) => [name, role, ...shape])).toEqual([
      ['layer1.0.conv1.weight', 'layer*.0.conv1.weight', 8, 27],
    ]);
  });

  test("a shard is told by the model's weights; a flat one of FSDP by its name", async () => {
    const root = { model: { 'h.0.mlp.c_fc.weight': tensor([16, 4]) } };
    const found = await findMomentum([
      torch(
        'a.pt',
        { '0': tensor([4, 4]), '1': tensor([4096]) },
        ['h.0.mlp.c_fc.weight', '_fsdp_wrapped_module.h.1._flat_param'],
        root,
      ),
    ]);
    expect(found.matrices).toEqual([]);
    expect(reasons(found)).toEqual([
      'h.1._flat_param: shard: a flat partition of several parameters: open the whole checkpoint folder, or gather it before saving',
      "h.0.mlp.c_fc.weight: shard: a shard of 4 x 4 of the parameter's 16 x 4: Newton-Schulz needs the whole matrix",
    ]);
  });

  test('replicas of several ranks are measured once; pieces of different shapes are refused', async () => {
    const names = ['h.0.mlp.c_fc.weight', 'h.0.mlp.c_proj.weight'];
    const found = await findMomentum([
      torch('r/step1_rank0.pt', { '0': tensor([4, 4]), '1': tensor([4, 8]) }, names),
      torch('r/step1_rank1.pt', { '0': tensor([4, 4], { first: 100 }), '1': tensor([4, 6]) }, names),
    ]);
    expect(found.matrices.map(({ name }) => name)).toEqual(['h.0.mlp.c_fc.weight']);
    expect((await found.matrices[0]?.read())?.data[0]).toBe(0);
    expect(reasons(found)).toEqual([
      'h.0.mlp.c_fc.weight: duplicate: the same name and shape again in r/step1_rank1.pt; the first is measured',
      'h.0.mlp.c_proj.weight: conflict: refused: its files hold pieces of 4 x 8 and 4 x 6, shards that nothing says how to join',
    ]);
    expect(found.notes).toEqual([
      '1 matrix stands in several files with one shape: replicas are taken once, shards have to be gathered first',
    ]);
  });

  test('what a reader could not take in is listed with the rest', async () => {
    const file = {
      ...torch('a.pt', { '0': tensor([4, 4]) }, ['h.0.w']),
      skipped: [{ name: 'x', shape: null, reason: 'sparse' }],
    };
    expect((await findMomentum([file])).skipped).toEqual([
      { name: 'x', shape: null, reason: 'sparse', cause: 'unreadable' },
    ]);
  });

  test('an optimizer without Muon gives no matrices and says what is there', async () => {
    const found = await findMomentum([
      checkpoint('a.pt', {
        state: { '0': { exp_avg: tensor([4, 4]), exp_avg_sq: tensor([4, 4]) } },
        param_groups: [{ lr: 1, params: [0] }],
      }),
    ]);
    expect([found.layout, found.matrices, found.nsInput]).toEqual(['none', [], null]);
    expect(reasons(found)).toEqual(["#0: moments: AdamW's moments: Muon does not update it"]);
  });
});

describe('files without an optimizer', () => {
  test('weights alone are refused, with what they are', async () => {
    const file = checkpoint(
      'model.safetensors',
      { 'model.layers.0.self_attn.q_proj.weight': tensor([4, 4]) },
      { format: 'safetensors' },
    );
    await expect(findMomentum([file])).rejects.toThrow(
      new FormatError(
        'momentum: expected the state of an optimizer, got tensors that end in "model.layers.0.self_attn.q_proj.weight" (model.safetensors); give the optimizer\'s file, or name the key with --momentum-key',
        'model.safetensors',
      ),
    );
  });

  test('so are files without tensors, an unknown key, and no files', async () => {
    await expect(findMomentum([checkpoint('a.pt', {})])).rejects.toThrow('got no tensor (a.pt)');
    await expect(
      findMomentum([checkpoint('a.pt', { 'h.0.w': tensor([2, 2]) })], { momentumKey: 'ema' }),
    ).rejects.toThrow('expected tensors with the key "ema"');
    await expect(findMomentum([])).rejects.toThrow('got no tensor (no file)');
  });

  test('so is a key that no tensor has, though another momentum is recognised', async () => {
    const file = torch('a.pt', { '0': tensor([4, 4]) }, ['h.0.attn.c_proj.weight']);
    expect((await findMomentum([file], { momentumKey: 'momentum_buffer' })).matrices).toHaveLength(1);
    await expect(findMomentum([file], { momentumKey: 'momentum' })).rejects.toThrow(
      'expected tensors with the key "momentum", got tensors that end in "momentum_buffer" (a.pt)',
    );
  });

  test('projections called "v" and "m" are no MLX state', async () => {
    const file = checkpoint(
      'w.npz',
      { 'layers.0.attn.v': tensor([4, 4]), 'layers.0.attn.m': tensor([4, 4]) },
      { format: 'npz' },
    );
    await expect(findMomentum([file])).rejects.toThrow(FormatError);
  });
});

describe('hostile trees', () => {
  test('control characters in names are quoted in messages and kept in names', async () => {
    const name = 'h.0.\u001b[31m\u0000mlp.c_fc.weight';
    const found = await findMomentum([torch('a.pt', { '0': tensor([4, 4]) }, [name])]);
    expect(found.matrices.map((matrix) => matrix.name)).toEqual([name]);
    const notes = await findMomentum([torch('a.pt', { '0': tensor([10, 4]) }, ['h.0.\u001b[31m.qkv_proj.weight'])]);
    expect(notes.notes).toEqual([
      expect.stringMatching(/^1 fused matrix is measured whole, h\.\*\.\\u\{1b\}\[31m\.qkv_proj/),
    ]);
    const file = checkpoint('a.pt', { '\u001b[31mw': tensor([2, 2]) });
    await expect(findMomentum([file])).rejects.toThrow('"\\u{1b}[31mw"');
  });

  test('groups with more ids than states, states with more ids than groups, ids twice, odd values', async () => {
    const found = await findMomentum([
      checkpoint('a.pt', {
        state: {
          '0': { momentum_buffer: tensor([4, 4]) },
          '9': { momentum_buffer: tensor([4, 4]) },
          x: 3,
          y: { momentum_buffer: null },
          z: { momentum_buffer: [tensor([2, 2])] },
        },
        param_groups: [
          { ...MUON, params: [0, 0, 1, null, 1.5, 'y'], lr: 'high', momentum: [], ns_steps: -3, nesterov: 1 },
          { ...MUON, params: 'all', param_names: 5 },
        ],
      }),
    ]);
    expect(found.matrices.map(({ name }) => name)).toEqual(['#0', '#9']);
    expect(found.settings[0]).toMatchObject({ learningRate: null, momentum: 0.95, nesterov: true, stated: [] });
    expect(found.settings[0]?.schedule?.coefficients).toHaveLength(5);
  });

  test('an absurd number of steps makes no absurd schedule', async () => {
    const group = { ...MUON, nesterov: true, ns_steps: 1e15, params: [0] };
    const found = await findMomentum([
      checkpoint('a.pt', { state: { '0': { momentum_buffer: tensor([4, 4]) } }, param_groups: [group] }),
    ]);
    expect(found.settings[0]?.schedule?.coefficients).toHaveLength(100);
  });

  test('nesting without end is not followed', async () => {
    let deep: Plain = { 'momentum.h.0.w': tensor([2, 2]) };
    for (let i = 0; i < 5000; i++) deep = i % 2 === 0 ? [deep, {}] : { a: deep };
    const file = checkpoint('a.pt', { 'momentum.h.1.w': tensor([2, 2]) });
    const nested = {
      ...file,
      tree: new Map([...file.tree, ['deep', checkpoint('b.pt', { deep: shallow(deep, 100) }).tree]]),
    };
    expect((await findMomentum([nested])).matrices.map(({ name }) => name)).toEqual(['h.1.w']);
  });

  test('names of a megabyte take no time', async () => {
    const name = `${'attn.'.repeat(200_000)}c_proj`;
    const found = await findMomentum([torch('a.pt', { '0': tensor([4, 4]) }, [name])]);
    expect(found.matrices[0]?.role).toBe(name);
  });

  test('a hundred thousand parameters are listed in linear time, and none is read', async () => {
    const names = Array.from(
      { length: 100_000 },
      (_, i) => `model.layers.${i % 100}.mlp.experts.${Math.floor(i / 100)}.up_proj.weight`,
    );
    const reads: { path: string; begin: number; end: number }[] = [];
    const state = Object.fromEntries(names.map((_, i) => [String(i), { momentum_buffer: tensor([4, 4]) }]));
    const file = checkpoint(
      'a.pt',
      { state, param_groups: [{ ...MUON, params: names.map((_, i) => i), param_names: names }] },
      { reads },
    );
    const found = await findMomentum([file]);
    expect(found.matrices).toHaveLength(100_000);
    expect(found.matrices[99_999]).toMatchObject({ role: 'mlp.up', layer: 99, layers: 100, settings: 0 });
    expect(reads).toEqual([]);
  }, 60_000); // a second or two alone on a core; hours if anything here were quadratic
});

/** The innermost `levels` of a nesting, so that the builder of these trees can follow it. */
function shallow(value: Plain, levels: number): Plain {
  let inner = value;
  for (let i = 0; i < 5000 - levels; i++)
    inner = Array.isArray(inner) ? inner[0] : ((inner as { readonly a: Plain }).a ?? null);
  return inner;
}
