import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { findMomentum, type MomentumOptions } from '../../../src/sources/momentum/findMomentum.ts';
import { readView, wholeView } from '../../../src/sources/momentum/matrixView.ts';
import { nameFits } from '../../../src/sources/momentum/namePattern.ts';
import { parseRoleRule } from '../../../src/sources/momentum/roleRules.ts';
import { parseSplitRule, type Split, splitPart, splitView } from '../../../src/sources/momentum/splitRules.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

/** Matrices found among buffers saved by name. */
async function found(
  shapes: { readonly [name: string]: readonly number[] },
  options: MomentumOptions = {},
  others: { readonly [key: string]: Plain } = {},
): Promise<{ readonly matrices: string[]; readonly notes: readonly string[] }> {
  const buffers = Object.entries(shapes).map(([name, shape]) => [`momentum.${name}`, tensor(shape)] as const);
  const { matrices, notes } = await findMomentum(
    [checkpoint('a.pt', { ...Object.fromEntries(buffers), ...others })],
    options,
  );
  return { matrices: matrices.map(({ name, role, shape }) => `${name}: ${role} ${shape.join(' x ')}`), notes };
}

describe('fused projections that name and shapes leave no doubt about', () => {
  test('nanoGPT stacks q, k, v as rows, GPT-2 as columns of its Conv1D', async () => {
    expect((await found({ 'h.0.attn.c_attn.weight': [12, 4] })).matrices).toEqual([
      'h.0.attn.c_attn.weight.q: attn.q 4 x 4',
      'h.0.attn.c_attn.weight.k: attn.k 4 x 4',
      'h.0.attn.c_attn.weight.v: attn.v 4 x 4',
    ]);
    const conv1d = await findMomentum([checkpoint('a.pt', { 'momentum.h.0.attn.c_attn.weight': tensor([2, 6]) })]);
    expect(conv1d.matrices.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['h.0.attn.c_attn.weight.q', 2, 2],
      ['h.0.attn.c_attn.weight.k', 2, 2],
      ['h.0.attn.c_attn.weight.v', 2, 2],
    ]);
    expect([...((await conv1d.matrices[1]?.read())?.data ?? [])]).toEqual([2, 3, 8, 9]);
  });

  test('grouped queries follow from the output projection beside them', async () => {
    const { matrices } = await found({
      'model.layers.0.self_attn.qkv_proj.weight': [16, 6],
      'model.layers.0.self_attn.o_proj.weight': [6, 8],
      'model.layers.0.mlp.gate_up_proj.weight': [20, 6],
    });
    expect(matrices).toEqual([
      'model.layers.0.self_attn.qkv_proj.weight.q: attn.q 8 x 6',
      'model.layers.0.self_attn.qkv_proj.weight.k: attn.k 4 x 6',
      'model.layers.0.self_attn.qkv_proj.weight.v: attn.v 4 x 6',
      'model.layers.0.self_attn.o_proj.weight: attn.o 6 x 8',
      'model.layers.0.mlp.gate_up_proj.weight.gate: mlp.gate 10 x 6',
      'model.layers.0.mlp.gate_up_proj.weight.up: mlp.up 10 x 6',
    ]);
  });

  test("or from the model's weights, or from the number of heads", async () => {
    const shape = { 'model.layers.0.self_attn.qkv_proj.weight': [16, 6] };
    const q = 'model.layers.0.self_attn.qkv_proj.weight.q: attn.q 8 x 6';
    const model = checkpoint('m.pt', { 'model.layers.0.self_attn.o_proj.weight': tensor([6, 8]) });
    expect((await found(shape, { model })).matrices[0]).toBe(q);
    expect((await found(shape, { heads: 4, keyValueHeads: 2 })).matrices[0]).toBe(q);
    expect((await found(shape, {}, { model_args: { n_head: 4, n_kv_heads: 2 } })).matrices[0]).toBe(q);
    const whole = await found(shape);
    expect(whole.matrices).toEqual(['model.layers.0.self_attn.qkv_proj.weight: attn.qkv 16 x 6']);
    expect(whole.notes).toEqual([
      '1 fused matrix is measured whole, model.layers.*.self_attn.qkv_proj.weight: its 16 rows are not three times its 6 columns; pass --heads N and --kv-heads N to split it, or pass --split to take it apart',
    ]);
  });

  test('GPT-NeoX interleaves q, k, v head by head', async () => {
    const name = 'gpt_neox.layers.0.attention.query_key_value.weight';
    expect((await found({ [name]: [12, 4] })).matrices).toEqual([`${name}: attn.qkv 12 x 4`]);
    const neox = await findMomentum([checkpoint('a.pt', { [`momentum.${name}`]: tensor([12, 4]) })], { heads: 2 });
    const k = await neox.matrices[1]?.read();
    expect([...(k?.data ?? [])].filter((_, i) => i % 4 === 0).map((first) => first / 4)).toEqual([2, 3, 8, 9]);
  });

  test.each([
    ['Falcon and Bloom', 'transformer.h.0.self_attention.query_key_value.weight'],
    ['InternLM2 and gpt-fast', 'layers.0.attention.wqkv.weight'],
  ])('names that %s share for different orders stay whole', async (_, name) => {
    const { matrices, notes } = await found({ [name]: [12, 4] }, { heads: 2 });
    expect(matrices).toEqual([`${name}: attn.qkv 12 x 4`]);
    expect(notes[0]).toContain('models of this name order it differently; pass --split to take it apart');
  });

  test("OLMo's ff_proj is gated only where the way down is half as wide, and then up comes first", async () => {
    expect(
      (await found({ 'blocks.0.ff_proj.weight': [16, 4], 'blocks.0.ff_out.weight': [4, 8] })).matrices.slice(0, 2),
    ).toEqual(['blocks.0.ff_proj.weight.up: mlp.up 8 x 4', 'blocks.0.ff_proj.weight.gate: mlp.gate 8 x 4']);
    expect((await found({ 'blocks.0.ff_proj.weight': [16, 4], 'blocks.0.ff_out.weight': [4, 16] })).matrices[0]).toBe(
      'blocks.0.ff_proj.weight: mlp.up 16 x 4',
    );
  });

  test('stacks of experts are split where their down_proj tells the axis', async () => {
    const rows = await found({ 'l.0.mlp.experts.gate_up_proj': [2, 16, 4], 'l.0.mlp.experts.down_proj': [2, 4, 8] });
    expect(rows.matrices.slice(0, 4)).toEqual([
      'l.0.mlp.experts.gate_up_proj[0].gate: mlp.gate 8 x 4',
      'l.0.mlp.experts.gate_up_proj[0].up: mlp.up 8 x 4',
      'l.0.mlp.experts.gate_up_proj[1].gate: mlp.gate 8 x 4',
      'l.0.mlp.experts.gate_up_proj[1].up: mlp.up 8 x 4',
    ]);
    const columns = await found({ 'l.0.mlp.experts.gate_up_proj': [2, 4, 16], 'l.0.mlp.experts.down_proj': [2, 8, 4] });
    expect(columns.matrices[0]).toBe('l.0.mlp.experts.gate_up_proj[0]: mlp.gate_up 4 x 16');
    expect(columns.notes[0]).toMatch(
      /^2 fused matrices are measured whole, l\.\*\.mlp\.experts\.gate_up_proj: .*alternating/,
    );
  });

  test('projections kept as (3, m, n) and (4, m, n) take turns', async () => {
    expect((await found({ 'blocks.0.attn.qkvo_w': [4, 6, 6] })).matrices).toEqual([
      'blocks.0.attn.qkvo_w[0]: attn.q 6 x 6',
      'blocks.0.attn.qkvo_w[1]: attn.k 6 x 6',
      'blocks.0.attn.qkvo_w[2]: attn.v 6 x 6',
      'blocks.0.attn.qkvo_w[3]: attn.o 6 x 6',
    ]);
  });
});

describe('--split and --map', () => {
  test('parts by size, in equal shares, along columns, and repeated', async () => {
    const split = (text: string): Promise<string[]> =>
      found({ 'x.0.mix.weight': [8, 12] }, { splits: [parseSplitRule(text)] }).then(({ matrices }) => matrices);
    expect(await split('*.mix=q:4,k:2,v:2')).toEqual([
      'x.0.mix.weight.q: attn.q 4 x 12',
      'x.0.mix.weight.k: attn.k 2 x 12',
      'x.0.mix.weight.v: attn.v 2 x 12',
    ]);
    expect(await split('x.*.mix=in,out')).toEqual(['x.0.mix.weight.in: in 4 x 12', 'x.0.mix.weight.out: out 4 x 12']);
    expect(await split('*@columns=up,down')).toEqual([
      'x.0.mix.weight.up: mlp.up 8 x 6',
      'x.0.mix.weight.down: mlp.down 8 x 6',
    ]);
    expect(await split('*=q,k,v')).toEqual(['q', 'k', 'v'].map((part) => `x.0.mix.weight.${part}: attn.${part} 8 x 4`)); // 8 rows are no thirds
    expect(await split('*=q:1,k:1,v:2x2')).toEqual([
      'x.0.mix.weight.q: attn.q 2 x 12',
      'x.0.mix.weight.k: attn.k 2 x 12',
      'x.0.mix.weight.v: attn.v 4 x 12',
    ]);
  });

  test('parts that do not fill a matrix are refused with its name', async () => {
    await expect(
      found({ 'x.0.mix.weight': [8, 12] }, { splits: [parseSplitRule('*.mix=q:4,k:2,v:1')] }),
    ).rejects.toThrow(
      new UsageError(
        '--split *.mix=q:4,k:2,v:1: the parts do not fill the rows or columns of "x.0.mix.weight" (8 x 12)',
      ),
    );
  });

  test.each([
    'mix',
    '=q,k',
    '*.mix=q',
    '*.mix=q:0,k:1',
    '*.mix=q:1,k',
    '*.mix=q,q',
    '*.mix=q,,v',
    '*.mix=q:1.5,k:2',
    '*=q,kx0',
  ])('%s is no split', (text) => {
    expect(() => parseSplitRule(text)).toThrow(/^--split: /);
  });

  test('a role that is given holds whatever the name says, also for an embedding', async () => {
    const roles = [parseRoleRule('*.mixer.out_proj=attn.o'), parseRoleRule('value_embeds.*=value')];
    expect(
      (await found({ 'l.0.mixer.out_proj.weight': [4, 4], 'value_embeds.0.weight': [9, 4] }, { roles })).matrices,
    ).toEqual(['l.0.mixer.out_proj.weight: attn.o 4 x 4', 'value_embeds.0.weight: value 9 x 4']);
    expect(
      (await found({ 'h.0.attn.c_attn.weight': [12, 4] }, { roles: [parseRoleRule('*.c_attn=fused')] })).matrices,
    ).toEqual(['h.0.attn.c_attn.weight: fused 12 x 4']);
  });

  test.each(['a', '=attn.q', 'a=', 'a=1', 'a=b c'])('%s is no --map', (text) => {
    expect(() => parseRoleRule(text)).toThrow(/^--map: expected PATTERN=ROLE/);
  });
});

test('a pattern fits whole names, with or without the final ".weight", in linear time', () => {
  expect(nameFits('*.c_attn', 'h.0.attn.c_attn.weight')).toBe(true);
  expect(nameFits('*.c_attn.weight', 'h.0.attn.c_attn.weight')).toBe(true);
  expect(nameFits('h.*.c_attn', 'h.0.attn.c_attn')).toBe(true);
  expect(nameFits('c_attn', 'h.0.attn.c_attn')).toBe(false);
  expect(nameFits('h.*a', 'h.')).toBe(false);
  expect(nameFits('*a*a', 'a')).toBe(false);
  expect(nameFits('.', 'x')).toBe(false);
  expect(nameFits(`${'*a'.repeat(500)}b`, 'a'.repeat(5000))).toBe(false);
});

test('parts of a split, put together in their order, are the whole matrix', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (parts, repeats, other, byRows) => {
        const period = parts.reduce((sum, size) => sum + size, 0);
        const [m, n] = byRows ? [period * repeats, other] : [other, period * repeats];
        const [whole] = checkpoint('a.pt', { t: tensor([m, n]) }).tensors;
        if (!whole) throw new Error('no tensor');
        const split: Split = {
          axis: byRows ? 'rows' : 'columns',
          parts: parts.map((size, i) => splitPart(`p${i}`, size)),
          repeats,
        };
        const views = splitView(split, wholeView(whole, 0, m, n));
        const read = await Promise.all((views ?? []).map(({ view }) => readView(view)));
        expect(read).toHaveLength(parts.length);
        const joined: number[] = [];
        if (byRows)
          for (let r = 0; r < repeats; r++)
            for (const [i, { data }] of read.entries())
              joined.push(...data.subarray(r * (parts[i] ?? 0) * n, (r + 1) * (parts[i] ?? 0) * n));
        else
          for (let row = 0; row < m; row++)
            for (let r = 0; r < repeats; r++)
              for (const [i, { data, columns }] of read.entries()) {
                const begin = row * columns + r * (parts[i] ?? 0);
                joined.push(...data.subarray(begin, begin + (parts[i] ?? 0)));
              }
        expect(joined).toEqual(Array.from({ length: m * n }, (_, i) => i));
      },
    ),
    { seed: 2, numRuns: 100 },
  );
});
