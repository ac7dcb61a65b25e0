import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import type { FileTree } from '../../../src/sources/bytes/byteSource.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import type { Checkpoint } from '../../../src/sources/checkpoints/checkpoint.ts';
import { groupsOf, keyPlaces } from '../../../src/sources/checkpoints/distributed/optimizerKeys.ts';
import { spansOf } from '../../../src/sources/checkpoints/distributed/savedObjects.ts';
import { distributed, distributedByMetadata } from '../../../src/sources/checkpoints/distributed.ts';
import { torchFile } from '../../../src/sources/checkpoints/torchFile.ts';
import { counted } from '../bytes/countedSource.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { type MadeSaved, makeChunk, makeMetadata } from './madeDistributed.ts';
import { makeSafetensors } from './madeFiles.ts';
import { makeTorchFile } from './madeTorch.ts';
import { Call, Instance, makePickle } from './pickle/madePickle.ts';
import {
  expectedHashes,
  hashesOf,
  plainTree,
  readCheckpointFolder,
  readExpected,
  withoutHashes,
} from './torchFixtures.ts';

type Files = Readonly<Record<string, Uint8Array>>;

const open = (files: Files): Promise<Checkpoint> => distributed.open(treeInMemory(files));
const one: MadeSaved = { shape: [1], chunks: [{ offsets: [0], sizes: [1] }] };

describe('a distributed checkpoint', () => {
  test.each(['fsdp2', 'fsdp2Flat', 'ownMetadata', 'mesh4', 'safetensors'])(
    '%s has the tree that was saved, every tensor to the last bit',
    async (name) => {
      const { tree, tensors, skipped } = await open(readCheckpointFolder(`distributed/${name}`));
      const expected = readExpected('distributed/expected.json')[name] ?? null;
      expect(plainTree(tree)).toEqual(withoutHashes(expected));
      expect(skipped).toEqual([]);
      expect(await hashesOf(tensors)).toEqual(expectedHashes(expected));
    },
  );

  test('is opened without reading a chunk, and reads only the chunks a range is in', async () => {
    const files = readCheckpointFolder('distributed/fsdp2');
    const lengths: string[] = [];
    const tree = treeInMemory(files);
    const watched: FileTree = {
      ...tree,
      open: async (path) => {
        const source = await tree.open(path);
        if (source === null) return null;
        const inner = counted(source);
        return {
          ...inner,
          slice: async (start, end) => {
            lengths.push(path);
            return await inner.slice(start, end);
          },
        };
      },
    };
    const { tensors } = await distributed.open(watched);
    expect(new Set(lengths)).toEqual(new Set(['.metadata', '__1_0.distcp'])); // where the objects are
    lengths.length = 0;
    const buffer = tensors.find(({ path }) => path.join('.') === 'optimizer.state.0.weight.momentum_buffer');
    await buffer?.read(0, 8); // a row of rank 0
    expect(new Set(lengths)).toEqual(new Set(['__0_0.distcp']));
  });

  test('can be named by its .metadata, as behind http, where folders are not listed', async () => {
    const tree = { ...treeInMemory(readCheckpointFolder('distributed/fsdp2')), list: async () => null };
    const source = await tree.open('.metadata');
    if (source === null) throw new Error('the fixture lacks .metadata');
    expect(await distributedByMetadata.recognises(source)).toBe(true);
    expect(await torchFile.recognises(source)).toBe(true); // so it has to be asked first
    const checkpoint = await distributedByMetadata.open(source, tree);
    const expected = expectedHashes(readExpected('distributed/expected.json').fsdp2 ?? null);
    expect(await hashesOf(checkpoint.tensors)).toEqual(expected);
    expect(await distributedByMetadata.recognises(bytesInMemory('x', makePickle(null)))).toBe(false);
  });

  test('without its .metadata is known by what ranks wrote, to say what is missing', async () => {
    const recognises = (bytes: Uint8Array) =>
      distributed.recognises(treeInMemory({ '__0_0.distcp': bytes }), ['__0_0.distcp']);
    expect(await recognises(makeChunk([1]))).toBe(true);
    expect(await recognises(new Uint8Array(99))).toBe(false);
  });

  test('keeps keys flat where the planner did not say where they stood', async () => {
    const files = {
      '.metadata': makeMetadata({ 'optimizer.state.momentum_buffer.a': one }),
      '__0_0.distcp': makeChunk([1]),
    };
    const { tensors } = await open(files);
    expect(tensors.map(({ path }) => path)).toEqual([['optimizer.state.momentum_buffer.a']]);
    expect(await tensors[0]?.read()).toEqual(new Float32Array([1]));
  });

  test('leaves out, with the reason, what is compressed, too long, or an object that is refused', async () => {
    const zipped = makeMetadata({ a: one }, { transforms: ['stream.zstd/1'] });
    expect((await open({ '.metadata': zipped, '__0_0.distcp': makeChunk([1]) })).skipped).toEqual([
      { name: 'a', shape: null, reason: 'compressed by stream.zstd/1; save it without' },
    ]);
    const evil = makeTorchFile(new Call('os', 'system', ['id']));
    const long = new Uint8Array(2 ** 20 + 1);
    const objects = {
      evil: { file: 'o', byteLength: evil.length },
      long: { file: 'o', begin: evil.length, byteLength: long.length },
    };
    const { skipped, tree } = await open({
      '.metadata': makeMetadata({}, { objects }),
      o: Buffer.concat([evil, long]),
    });
    expect(tree.size).toBe(0);
    expect(skipped.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'long: an object of 1048577 bytes, not a tensor',
      expect.stringMatching(
        /^evil: memory\/o: evil: archive\/data.pkl: expected .+ got os\.system, and nothing of it was run/,
      ),
    ]);
  });
});

describe('a distributed checkpoint is refused where', () => {
  const chunk = makeChunk([2]);
  const shard = (offset: number, length: number, file: string) => ({ offsets: [offset], sizes: [length], file });
  const rank = (shape: readonly number[], offset: number, file: string, dtype = 'float32') =>
    makeMetadata({ a: { shape, dtype, chunks: [shard(offset, 2, file)] } });
  const ranks = (second: Uint8Array): Files => ({
    '__0.metadata': rank([4], 0, '__0_0.distcp'),
    '__1.metadata': second,
    '__0_0.distcp': chunk,
    '__1_0.distcp': chunk,
  });

  test.each<[string, Files, string]>([
    [
      'there is no .metadata',
      { '__0_0.distcp': chunk },
      'expected .metadata, got none; ranks that were stopped while saving',
    ],
    [
      'the file of a rank is missing',
      { '.metadata': makeMetadata({ a: { shape: [2], chunks: [shard(0, 2, '__3_0.distcp')] } }) },
      'memory: expected the file __3_0.distcp, got none of that name; copy the checkpoint with the files of all ranks',
    ],
    [
      'a file leads out of the folder',
      { '.metadata': makeMetadata({ a: { shape: [2], chunks: [shard(0, 2, '../../etc/passwd')] } }) },
      'leads out of it',
    ],
    [
      'ranks saved different shapes',
      ranks(rank([6], 2, '__1_0.distcp')),
      "expected a as float32 of shape [4] in every rank's metadata, got float32 of shape [6] from rank 1",
    ],
    [
      'ranks saved different types',
      ranks(rank([4], 2, '__1_0.distcp', 'float64')),
      'got float64 of shape [4] from rank 1',
    ],
    [
      'the shard of a rank is missing',
      ranks(rank([4], 0, '__1_0.distcp')),
      'expected chunks of 4 elements together, got 2; the shards of some ranks are missing',
    ],
    ['ranks saved shards that overlap', ranks(rank([4], 1, '__1_0.distcp')), 'expected chunks that do not overlap'],
    [
      'the metadata names a program',
      { '.metadata': makePickle(new Call('os', 'system', ['id'])) },
      'memory/.metadata: expected only classes that checkpoints are made of',
    ],
    [
      'the metadata is of something else',
      { '.metadata': makePickle(new Map()) },
      'expected torch.distributed.checkpoint.metadata.Metadata, got a dict',
    ],
    [
      'the metadata is empty',
      { '.metadata': makePickle(new Instance('torch.distributed.checkpoint.metadata', 'Metadata', new Map())) },
      'expected a dict of storage_data, got nothing',
    ],
    [
      'a chunk has no place',
      { '.metadata': makeMetadata({ a: { shape: [1], chunks: [{ offsets: [0], sizes: [1], lost: true }] } }) },
      'expected one place in the files for the chunk at [0] of a, got 0',
    ],
    [
      'two values have one place in the tree',
      {
        '.metadata': makeMetadata({ a: one, b: one }, { paths: { a: ['x'], b: ['x', 'y'] } }),
        '__0_0.distcp': makeChunk([1]),
      },
      'expected places of their own for all values, got x.y in the way of another',
    ],
    [
      'a list would be absurdly long',
      { '.metadata': makeMetadata({ a: one }, { paths: { a: ['x', 1e9] } }), '__0_0.distcp': makeChunk([1]) },
      'got x.1000000000 in the way of another',
    ],
    [
      'a path is none',
      { '.metadata': makeMetadata({ a: one }, { paths: { a: [null] } }), '__0_0.distcp': makeChunk([1]) },
      'expected a path of keys and indices for a',
    ],
  ])('%s', async (_, files, message) => {
    await expect(open(files)).rejects.toThrow(FormatError);
    await expect(open(files)).rejects.toThrow(message);
  });

  test.each<[string, Uint8Array, string]>([
    [
      'another shape',
      makeChunk([3]),
      'expected float32 of shape [2] as .metadata says, got float32 of shape [3]; the files are of different',
    ],
    ['no tensor', makeTorchFile([1]), 'expected a tensor, got something else'],
    ['neither format', new Uint8Array(64), 'safetensors: '],
    [
      'safetensors without the tensor',
      makeSafetensors({ b: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 8),
      'expected the tensor in this safetensors file, got none of that name',
    ],
  ])('a chunk is read that holds %s', async (_, data, message) => {
    const metadata = makeMetadata({
      a: { shape: [2], chunks: [{ offsets: [0], sizes: [2], byteLength: data.length }] },
    });
    const { tensors } = await open({ '.metadata': metadata, '__0_0.distcp': data });
    await expect(tensors[0]?.read()).rejects.toThrow(FormatError);
    await expect(tensors[0]?.read()).rejects.toThrow(message);
  });
});

describe('flattened optimizers', () => {
  const placesOf = (...paths: readonly (readonly (string | number)[])[]) =>
    [...keyPlaces(new Map(paths.map((path) => [path.join('/'), path]))).values()].map((place) =>
      place.kind === 'path' ? place.path.join('/') : `${place.path.join('/')} ${place.parameter} ${place.option}`,
    );

  test('are put back: names may have dots and numbers, and be the beginning of others', () => {
    expect(
      placesOf(
        ['optimizer', 'state.layers.0.w.momentum_buffer'],
        ['optimizer', 'state.layers.0.w.inner.step'],
        ['optimizer', 'state.layers.0.w.inner.w.step'],
        ['optimizer', 'param_groups.layers.0.w.lr'],
        ['optimizer', 'param_groups.layers.0.w.inner.w.lr'],
      ),
    ).toEqual([
      'optimizer/state/layers.0.w/momentum_buffer',
      'optimizer/state/layers.0.w/inner/step',
      'optimizer/state/layers.0.w.inner.w/step',
      'optimizer layers.0.w lr',
      'optimizer layers.0.w.inner.w lr',
    ]);
  });

  test('are put back behind a prefix, and where "state" is part of a name', () => {
    expect(
      placesOf(['optim.state.state.w.exp_avg'], ['optim.param_groups.state.w.lr'], ['my.state.w.exp_avg']),
    ).toEqual(['optim/state/state.w/exp_avg', 'optim state.w lr', 'my.state.w.exp_avg']);
  });

  test('are left as they are without options, as Megatron keeps them, and where nothing was flattened', () => {
    const megatron = ['optimizer.state.momentum_buffer.decoder.layers.weight'];
    const nested = ['optimizer', 'param_groups', 0, 'lr'];
    expect(placesOf(megatron, nested)).toEqual([megatron[0], 'optimizer/param_groups/0/lr']);
  });

  test('have as groups the parameters in turn with equal options', () => {
    const muon = new Map([['lr', 0.02]]);
    const adam = new Map([['lr', 3e-4]]);
    expect(
      groupsOf(
        new Map([
          ['a', muon],
          ['b', new Map(muon)],
          ['c', adam],
          ['d', muon],
        ]),
      ),
    ).toEqual([
      new Map<string, unknown>([
        ['lr', 0.02],
        ['params', ['a', 'b']],
      ]),
      new Map<string, unknown>([
        ['lr', 3e-4],
        ['params', ['c']],
      ]),
      new Map<string, unknown>([
        ['lr', 0.02],
        ['params', ['d']],
      ]),
    ]);
  });
});

test('objects beside each other are read at once, those far apart or in other files are not', () => {
  const object = (fqn: string, file: string, begin: number, byteLength: number) => ({
    fqn,
    path: [fqn],
    file,
    begin,
    byteLength,
  });
  const spans = spansOf([
    object('c', 'f', 2000, 100),
    object('a', 'f', 0, 1000),
    object('b', 'f', 1000, 1000),
    object('d', 'f', 9000, 10),
    object('e', 'g', 9010, 10),
    object('f', 'g', 9015, 4_194_300),
  ]);
  expect(
    spans.map(({ file, begin, end, objects }) => [file, begin, end, objects.map(({ fqn }) => fqn).join('')]),
  ).toEqual([
    ['f', 0, 2100, 'abc'],
    ['f', 9000, 9010, 'd'],
    ['g', 9010, 9020, 'e'],
    ['g', 9015, 4_203_315, 'f'],
  ]);
});
