import { describe, expect, test } from 'vitest';
import { FormatError, UsageError } from '../../../src/base/errors.ts';
import { findMomentum, type MomentumOptions } from '../../../src/sources/momentum/findMomentum.ts';
import { parseNames } from '../../../src/sources/momentum/parameterNames.ts';
import { checkpoint, type Plain, tensor } from './trees.ts';

const GROUP = { lr: 0.02, momentum: 0.95, weight_decay: 0, use_muon: true };

/** Momentum of these shapes, in groups of these ids. */
function muon(
  shapes: readonly (readonly number[])[],
  groups: readonly (readonly number[])[],
  model: Plain = {},
): ReturnType<typeof checkpoint> {
  return checkpoint('a.pt', {
    model,
    optimizer: {
      state: Object.fromEntries(
        shapes.map((shape, i) => [String(i), { momentum_buffer: tensor(shape, { first: 1000 * i }) }]),
      ),
      param_groups: groups.map((params) => ({ ...GROUP, params })),
    },
  });
}

/** Names in the order of the ids, which the first elements tell. */
async function names(file: ReturnType<typeof checkpoint>, options: MomentumOptions = {}): Promise<string[]> {
  const { matrices } = await findMomentum([file], options);
  const firsts = await Promise.all(
    matrices.map(async ({ name, read }) => ({ name, first: (await read()).data[0] ?? 0 })),
  );
  return firsts.sort((a, b) => a.first - b.first).map(({ name }) => name);
}

const MODEL = {
  'module.wte.weight': tensor([60, 4]),
  'module.h.0.attn.c_proj.weight': tensor([4, 4]),
  'module.h.0.mlp.c_fc.weight': tensor([16, 4]),
  'module.h.0.mlp.c_fc.bias': tensor([16]),
  'module.h.1.attn.c_proj.weight': tensor([4, 4]),
  'module.h.1.mlp.c_fc.weight': tensor([16, 4]),
  'module.h.0.attn.bias': tensor([1, 1, 4, 4]),
  'module.pos_table': tensor([60, 4], { dtype: 'int64' }),
};

describe("names from the model's weights", () => {
  test('one group: the i-th of a shape is the i-th, whatever the order of shapes', async () => {
    expect(
      await names(
        muon(
          [
            [16, 4],
            [16, 4],
            [4, 4],
            [4, 4],
          ],
          [[0, 1, 2, 3]],
          MODEL,
        ),
      ),
    ).toEqual(['h.0.mlp.c_fc.weight', 'h.1.mlp.c_fc.weight', 'h.0.attn.c_proj.weight', 'h.1.attn.c_proj.weight']);
  });

  test('the order is that of the group, not that of the states', async () => {
    expect(
      await names(
        muon(
          [
            [4, 4],
            [4, 4],
          ],
          [[1, 0]],
          MODEL,
        ),
      ),
    ).toEqual(['h.1.attn.c_proj.weight', 'h.0.attn.c_proj.weight']);
  });

  test('one shape in several groups could be in any order: it stays unnamed, and a note says so', async () => {
    const found = await findMomentum([
      muon(
        [
          [4, 4],
          [4, 4],
          [16, 4],
          [16, 4],
        ],
        [[0], [1], [2, 3]],
        MODEL,
      ),
    ]);
    expect(found.matrices.map(({ name }) => name)).toEqual(['h.0.mlp.c_fc.weight', 'h.1.mlp.c_fc.weight', '#0', '#1']);
    expect(found.notes).toEqual([
      "2 names follow from order and shape of the model's weights",
      '2 parameters of 4 x 4 could not be told apart: the model has 2 weights of that shape, and the optimizer keeps them in several groups',
      "2 parameters have no name in the checkpoint: pass --names FILE, or --model with the model's own weights",
    ]);
  });

  test('more weights of a shape than parameters: unnamed, unless the surplus is an embedding', async () => {
    const square = {
      'wte.weight': tensor([4, 4]),
      'h.0.attn.c_proj.weight': tensor([4, 4]),
      'h.1.attn.c_proj.weight': tensor([4, 4]),
    };
    expect(
      await names(
        muon(
          [
            [4, 4],
            [4, 4],
          ],
          [[0, 1]],
          square,
        ),
      ),
    ).toEqual(['h.0.attn.c_proj.weight', 'h.1.attn.c_proj.weight']);
    expect(await names(muon([[4, 4]], [[0]], square))).toEqual(['#0']);
  });

  test('what AdamW updates is named from what Muon leaves', async () => {
    const square = {
      'wte.weight': tensor([4, 4]),
      'h.0.attn.c_proj.weight': tensor([4, 4]),
      'head.weight': tensor([4, 4]),
    };
    const moments = { exp_avg: tensor([4, 4]), exp_avg_sq: tensor([4, 4]) };
    const adamw = { lr: 1e-3, betas: [0.9, 0.95], eps: 1e-8 };
    const found = await findMomentum([
      checkpoint('a.pt', {
        model: square,
        adamw: { state: { '0': moments, '1': moments }, param_groups: [{ ...adamw, params: [0, 1] }] },
        muon: { state: { '0': { momentum_buffer: tensor([4, 4]) } }, param_groups: [{ ...GROUP, params: [0] }] },
      }),
    ]);
    expect(found.matrices.map(({ name }) => name)).toEqual(['h.0.attn.c_proj.weight']);
    expect(found.skipped.map(({ name }) => name)).toEqual(['wte.weight', 'head.weight']);
  });

  test('names the groups list are not guessed again', async () => {
    const file = checkpoint('a.pt', {
      model: MODEL,
      state: { '0': { momentum_buffer: tensor([4, 4]) }, '1': { momentum_buffer: tensor([4, 4], { first: 1000 }) } },
      param_groups: [
        { ...GROUP, params: [0], param_names: ['h.1.attn.c_proj.weight'] },
        { ...GROUP, params: [1] },
      ],
    });
    expect(await names(file)).toEqual(['h.1.attn.c_proj.weight', 'h.0.attn.c_proj.weight']);
  });
});

describe('--names', () => {
  const two = muon(
    [
      [4, 4],
      [8, 4],
    ],
    [[0, 1]],
  );

  test('a list in the order of the optimizer, or a map by id; wrappers are taken off', async () => {
    expect(await names(two, { names: ['module.a.0.w', 'module.a.1.w'] })).toEqual(['a.0.w', 'a.1.w']);
    expect(await names(two, { names: new Map([['1', 'a.1.w']]) })).toEqual(['#0', 'a.1.w']);
  });

  test('a list for all parameters, or only for those with momentum', async () => {
    const one = checkpoint('a.pt', {
      state: { '1': { momentum_buffer: tensor([4, 4]) } },
      param_groups: [{ ...GROUP, params: [0, 1, 2] }],
    });
    expect(await names(one, { names: ['x.0', 'x.1', 'x.2'] })).toEqual(['x.1']);
    expect(await names(one, { names: ['x.1'] })).toEqual(['x.1']);
    await expect(names(one, { names: ['x.1', 'x.2'] })).rejects.toThrow(
      new UsageError(
        '--names: expected 3 names, one for each parameter of the optimizer in its order, or 1 for those with momentum; got 2',
      ),
    );
  });

  test('files: lines, a JSON list, an object from id to name or from name to id', () => {
    expect(parseNames('a.0\r\n\n  a.1  \n', 'n.txt')).toEqual(['a.0', 'a.1']);
    expect(parseNames('["a.0", "a.1"]', 'n.json')).toEqual(['a.0', 'a.1']);
    expect(parseNames('{"0": "a.0"}', 'n.json')).toEqual(new Map([['0', 'a.0']]));
    expect(parseNames('{"a.0": 0, "a.1": 1}', 'n.json')).toEqual(
      new Map([
        ['0', 'a.0'],
        ['1', 'a.1'],
      ]),
    );
  });

  test.each([
    ['', 'an empty file'],
    ['[1]', '1'],
    ['["a", ""]', '""'],
    ['{"0": null}', 'null'],
    ['["a"', "Expected ',' or ']'"],
  ])('%j is refused', (text, got) => {
    expect(() => parseNames(text, 'n.json')).toThrow(FormatError);
    expect(() => parseNames(text, 'n.json')).toThrow(got);
  });
});
