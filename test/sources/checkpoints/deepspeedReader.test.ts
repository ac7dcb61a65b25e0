import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import type { Checkpoint } from '../../../src/sources/checkpoints/checkpoint.ts';
import { deepspeed } from '../../../src/sources/checkpoints/deepspeed.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { makeZero } from './madeZero.ts';
import {
  type ExampleCheckpoint,
  type Lie,
  type LyingFile,
  readerContract,
  withFolderReader,
} from './readerContract.ts';
import { hashesOf, readCheckpointFolder, readExpected, tensorsOf } from './torchFixtures.ts';

/** What DeepSpeed has, in the places of the tree: its state of each parameter, and its weights. */
function zeroExample(name: string): ExampleCheckpoint {
  const all = readCheckpointFolder(`deepspeed/${name}`);
  const unread = /zero_pp_rank_[1-9]_mp_rank_00_model_states/; // under ZeRO-3 every rank writes the same shapes
  const files = Object.fromEntries(Object.entries(all).filter(([path]) => !unread.test(path)));
  const tensors = Object.entries(tensorsOf(readExpected('deepspeed/expected.json')[name] ?? null)).map(
    ([path, tensor]) => [
      path.endsWith('.fp32') ? `module.${path.slice(0, -'.fp32'.length)}` : `optimizer.state.${path}`,
      tensor,
    ],
  );
  return { label: name, files, main: Object.keys(files)[0] ?? '', tensors: Object.fromEntries(tensors), skipped: [] };
}

const lie = (shape: readonly number[], message: string): LyingFile => ({
  file: { files: makeZero({ shapes: { a: shape }, buffers: [2, 2] }), main: 'step' },
  message,
});

const lies: Readonly<Record<Lie, LyingFile>> = {
  'a header longer than the file': { impossible: 'a file of torch.save, whose suite tells it' },
  'a shape larger than the data': { impossible: 'buffers of another length are left out with the reason' },
  'an absurd shape': lie([2 ** 40, 2 ** 40], 'expected a shape that a file can hold'),
  'a negative dimension': lie([-4], 'expected dimensions of 0 or more, got [-4]'),
  'a dimension that is no integer': lie([1.5], 'expected dimensions of 0 or more, got [1.5]'),
  'data outside of the file': { impossible: 'a file of torch.save, whose suite tells it' },
  'tensors that overlap': { impossible: 'parameters follow each other in a buffer' },
};

readerContract({
  ...withFolderReader(deepspeed),
  examples: ['zero2', 'zero3'].map(zeroExample),
  lies,
  named: null,
});

const open = (files: Readonly<Record<string, Uint8Array>>): Promise<Checkpoint> => deepspeed.open(treeInMemory(files));

/** The momentum of a parameter. */
async function momentumOf({ tensors }: Checkpoint, name: string): Promise<readonly number[] | null> {
  const tensor = tensors.find(({ path }) => path.join(' ') === `optimizer state ${name} momentum_buffer`);
  return tensor === undefined ? null : [...(await tensor.read())];
}

describe('a ZeRO checkpoint', () => {
  test('has the tree of an optimizer with names, and what the run tells', async () => {
    const { tree } = await open(readCheckpointFolder('deepspeed/zero3'));
    const groups = (tree.get('optimizer') as ReadonlyMap<string, unknown>).get('param_groups');
    const [muon, adam] = groups as ReadonlyMap<string, unknown>[];
    expect(Object.fromEntries(muon ?? [])).toEqual({
      use_muon: true,
      name: 'muon-params',
      lr: 0.02,
      momentum: 0.95,
      weight_decay: 0,
      ns_method: 'gram',
      params: ['2.weight', '0.weight', '1.weight'],
    });
    expect(adam?.get('params')).toEqual(['0.bias', '1.bias', '2.bias']);
    expect([tree.get('zero_stage'), tree.get('global_steps'), tree.get('ds_version')]).toEqual([3, 3, '0.19.6']);
  });

  test.each(['zero1', 'zero3Ranks4'])('%s has what DeepSpeed has, to the last bit', async (name) => {
    const { files, tensors: expected } = zeroExample(name);
    const hashes = Object.entries(expected).map(([path, { sha256 }]) => [path, sha256]);
    expect(await hashesOf((await open(files)).tensors)).toEqual(Object.fromEntries(hashes));
  });

  test('of ZeRO-1 or 2 has the same momentum as one of ZeRO-3, up to rounding', async () => {
    const [two, three] = [
      await open(readCheckpointFolder('deepspeed/zero2')),
      await open(readCheckpointFolder('deepspeed/zero3')),
    ];
    for (const name of ['0.weight', '1.weight', '2.weight']) {
      const [a = [], b = []] = [(await momentumOf(two, name)) ?? [], (await momentumOf(three, name)) ?? []];
      expect(a.length).toBe(b.length);
      expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-6); // values are up to 1
    }
  });

  test('of ZeRO-3 is cut by parameters, each padded to the ranks', async () => {
    // a: 5 elements on 2 ranks, 3 and 2 and a padding; b: 2, one each
    const checkpoint = await open(makeZero({ shapes: { a: [5], b: [2, 1] }, buffers: [4, 4] }));
    expect(await momentumOf(checkpoint, 'a')).toEqual([0, 1, 2, 100, 101]);
    expect(await momentumOf(checkpoint, 'b')).toEqual([3, 103]);
    expect(checkpoint.tensors.map(({ shape }) => shape)).toEqual([[5], [2, 1]]);
  });

  test('of ZeRO-1 or 2 keeps whole matrices of all that a range touches, or ranges', async () => {
    const fragments = [{ a: 4 }, { a: 2, b: 2 }];
    const shapes = { a: [3, 2], b: [2] };
    const whole = await open(makeZero({ stage: 2, shapes, buffers: [6, 8], fragments }));
    expect(await momentumOf(whole, 'a')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await momentumOf(whole, 'b')).toEqual([106, 107]);
    const ranges = await open(makeZero({ stage: 1, shapes, buffers: [4, 4], fragments }));
    expect(await momentumOf(ranges, 'a')).toEqual([0, 1, 2, 3, 100, 101]);
    expect(await momentumOf(ranges, 'b')).toEqual([102, 103]);
  });

  test('that is elastic keeps the states of groups as a list', async () => {
    const made = { stage: 1, shapes: { a: [4] }, buffers: [2, 2], fragments: [{ a: 2 }, { a: 2 }], elastic: true };
    expect(await momentumOf(await open(makeZero(made)), 'a')).toEqual([0, 1, 100, 101]);
  });

  test('of more ranks than elements leaves the last ranks nothing but padding', async () => {
    expect(await momentumOf(await open(makeZero({ shapes: { a: [2] }, buffers: [1, 1, 1, 1] })), 'a')).toEqual([
      0, 100,
    ]);
  });
});

describe('parameters of a ZeRO checkpoint are left out, with the reason,', () => {
  test.each<[string, Parameters<typeof makeZero>[0], string]>([
    [
      'where buffers do not hold the shapes',
      { shapes: { a: [9] }, buffers: [2, 2] },
      'not recoverable: flat buffers of 2 elements do not hold the shapes of their group',
    ],
    [
      'where only some ranks kept state',
      { shapes: { a: [4] }, buffers: [2, null] },
      'kept by 1 of 2 ranks, as where state is offloaded to files',
    ],
    ['where nothing tells the ranges', { stage: 2, shapes: { a: [4] }, buffers: [2, 2] }, 'not recoverable'],
    [
      'where ranges name another parameter',
      { stage: 2, shapes: { a: [4] }, buffers: [2, 2], fragments: [{ x: 2 }, { a: 2 }] },
      'not recoverable',
    ],
    [
      'where ranges do not add up',
      { stage: 2, shapes: { a: [9] }, buffers: [2, 2], fragments: [{ a: 2 }, { a: 2 }] },
      'not recoverable',
    ],
  ])('%s', async (_, made, reason) => {
    const { skipped, tree } = await open(makeZero(made));
    expect(skipped).toEqual([
      { name: 'optimizer.state.a.momentum_buffer', shape: made.shapes.a, reason: expect.stringContaining(reason) },
    ]);
    expect((tree.get('optimizer') as ReadonlyMap<string, ReadonlyMap<string, unknown>>).get('state')?.get('a')).toEqual(
      new Map(),
    );
  });
});

describe('a ZeRO checkpoint is refused where', () => {
  const whole = makeZero({ shapes: { a: [4] }, buffers: [2, 2] });
  const without = (name: string) => Object.fromEntries(Object.entries(whole).filter(([path]) => !path.includes(name)));
  const rank = (index: number) => `step/zero_pp_rank_${index}_mp_rank_00_optim_states.pt`;
  const tag = (text: string) => ({ ...whole, latest: Buffer.from(text) });
  const other = makeZero({ shapes: { a: [4] }, buffers: [2, 2], partitions: 4 });
  const two = makeZero({ stage: 2, shapes: { a: [4] }, buffers: [2, 2] });

  test.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      'the file of a rank is missing',
      without('zero_pp_rank_0_mp_rank_00_optim'),
      'expected optimizer states of ranks 0 to 1, got none of rank 0; copy the files of all ranks',
    ],
    [
      'the file of the last rank is missing',
      without('zero_pp_rank_1'),
      'expected 1 files of ZeRO-3 on as many ranks, got one of ZeRO-3 on 2',
    ],
    [
      'a file is of another run',
      { ...whole, [rank(1)]: other[rank(1)]! },
      'got one of ZeRO-3 on 4 (memory/step/zero_pp_rank_1_mp_rank_00_optim_states.pt)',
    ],
    ['a file is of another stage', { ...whole, [rank(1)]: two[rank(1)]! }, 'got one of ZeRO-2 on 2'],
    [
      'the shapes are missing',
      without('model_states'),
      'expected step/mp_rank_00_model_states.pt or that of rank 0, got neither; it holds the shapes',
    ],
    [
      'the model is split as well',
      { ...whole, [rank(0).replace('mp_rank_00', 'mp_rank_01')]: whole[rank(0)]! },
      'got 2 model-parallel ranks that each hold a part',
    ],
    [
      'latest names another checkpoint',
      tag('global_step9\n'),
      'got step, and "latest" that names global_step9; name the folder of one',
    ],
    [
      'there are several',
      { ...whole, 'other/zero_pp_rank_0_mp_rank_00_optim_states.pt': whole[rank(0)]! },
      'got other, step; name the folder of one',
    ],
    [
      'a state is none of ZeRO',
      { ...whole, [rank(0)]: whole['step/zero_pp_rank_0_mp_rank_00_model_states.pt']! },
      'expected the optimizer states of ZeRO-1, 2 or 3, got another zero_stage',
    ],
    [
      'the shapes are none',
      { ...whole, 'step/zero_pp_rank_0_mp_rank_00_model_states.pt': whole[rank(0)]! },
      'expected param_shapes, got none',
    ],
  ])('%s', async (_, files, message) => {
    await expect(open(files)).rejects.toThrow(FormatError);
    await expect(open(files)).rejects.toThrow(message);
  });

  test('latest names one of several: that one is opened', async () => {
    const two = { ...tag('step'), 'other/zero_pp_rank_0_mp_rank_00_optim_states.pt': whole[rank(0)]! };
    expect(await momentumOf(await open(two), 'a')).toEqual([0, 1, 100, 101]);
  });

  test('an address cannot list its files', async () => {
    const tree = { ...treeInMemory(whole), list: async () => null };
    await expect(deepspeed.open(tree)).rejects.toThrow('got an address that lists no files; copy it to this machine');
  });
});
