import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { openFile } from '../../../src/sources/bytes/localFile.ts';
import type { Checkpoint } from '../../../src/sources/checkpoints/checkpoint.ts';
import { torchFile } from '../../../src/sources/checkpoints/torchFile.ts';
import { counted } from '../bytes/countedSource.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { madeTensor, makeTorchFile } from './madeTorch.ts';
import { makeZip } from './madeZip.ts';
import { Call, Instance, type Made, makePickle, Persistent, Raw, Tuple } from './pickle/madePickle.ts';
import { writeSparseTorchFile } from './sparseTorchFile.ts';
import {
  expectedHashes,
  hashesOf,
  plainTree,
  readCheckpointFixture,
  readExpected,
  withoutHashes,
} from './torchFixtures.ts';

const open = (bytes: Uint8Array, name = 'x.pt'): Promise<Checkpoint> =>
  torchFile.open(bytesInMemory(name, bytes), treeInMemory({}));
const recognises = (bytes: Uint8Array): Promise<boolean> => torchFile.recognises(bytesInMemory('x.pt', bytes));
const fixture = (name: string): Uint8Array => readCheckpointFixture(`torch/${name}`);
const expected = { ...readExpected('torch/expected.json'), ...readExpected('torch/expectedOld.json') };

/** Of this thread. */
function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const OPTIMIZERS = ['torchMuon', 'torchMuonNamed', 'torchMuonBfloat16', 'kellerJordan', 'moonlight'];

describe('a file of torch.save gives what PyTorch has in it', () => {
  test.each(OPTIMIZERS)('%s: the whole tree, and every tensor to the last bit', async (name) => {
    const tree = expected[`${name}.pt`] ?? null;
    const checkpoint = await open(fixture(`${name}.pt`));
    expect(plainTree(checkpoint.tree)).toEqual(withoutHashes(tree));
    expect(checkpoint.skipped).toEqual([]);
    expect(await hashesOf(checkpoint.tensors)).toEqual(expectedHashes(tree));
  });

  test.each([2, 4, 5])('objects of Python and NumPy around the tensors, pickled with protocol %i', async (protocol) => {
    const tree = expected.objects ?? null;
    const checkpoint = await open(fixture(`objectsProtocol${protocol}.pt`));
    expect(plainTree(checkpoint.tree)).toEqual(withoutHashes(tree));
    expect(await hashesOf(checkpoint.tensors)).toEqual(expectedHashes(tree));
  });

  test('under a root folder of any name', async () => {
    const bytes = makeTorchFile(
      new Map([['a', madeTensor({ key: 'k', shape: [1], elements: 1 })]]),
      {
        k: new Uint8Array([0, 0, 128, 63]),
      },
      { root: 'a model of mine, step 3' },
    );
    expect(await (await open(bytes)).tensors[0]?.read()).toEqual(new Float32Array([1]));
  });
});

describe('a file of torch.save keeps tensors out of', () => {
  test('shards of DTensors, with what they are shards of; copies are whole', async () => {
    const { tensors, skipped } = await open(readCheckpointFixture('distributed/rankShard.pt'));
    expect(tensors.map(({ path, shape }) => [path.join('.'), shape])).toEqual([['whole', [2, 3]]]);
    expect(await tensors[0]?.read()).toEqual(new Float32Array([0, 1, 2, 3, 4, 5]));
    expect(skipped).toEqual([
      {
        name: 'optimizer.state.0.momentum_buffer',
        shape: [7, 8],
        reason: 'a shard of shape [3,8], Shard(0); save with torch.distributed.checkpoint, or full_tensor() of it',
      },
      {
        name: 'optimizer.state.1.momentum_buffer',
        shape: [5, 7],
        reason: 'a shard of shape [2,7], Shard(0); save with torch.distributed.checkpoint, or full_tensor() of it',
      },
    ]);
  });

  test('what is sparse, quantised, on the meta device or negated lazily, with what to do', async () => {
    const { skipped } = await open(fixture('unreadable.pt'));
    expect(skipped.map(({ name, shape, reason }) => [name, shape, reason])).toEqual([
      ['sparse', null, 'sparse; save to_dense() of it'],
      ['meta', [2, 5], 'on the meta device, without values'],
      ['quantised', [4], 'quantised; save dequantize() of it'],
      ['negated', [2, 2], 'negated or conjugated lazily; save resolve_neg().resolve_conj() of it'],
    ]);
  });

  test('storages without a tensor and long bytes, leaving the places of others in their list', async () => {
    const storage = new Persistent(new Tuple('storage', new Call('torch', 'FloatStorage'), '0', 'cpu', 1));
    const long = new Call('_codecs', 'encode', ['x'.repeat(70_000), 'latin1']);
    const { tree, skipped } = await open(makeTorchFile(new Map<Made, Made>([['a', [1, storage, long, 2]]])));
    expect(tree.get('a')).toEqual([1, null, null, 2]);
    expect(skipped.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'a.1: a storage without a tensor; save the tensor',
      'a.2: 70000 bytes, not a tensor',
    ]);
  });
});

describe('what is not a file of torch.save of today is recognised, and refused with what to do', () => {
  const tar = new Uint8Array(2048);
  tar.set(Buffer.from('sys_info'), 0);
  tar.set(Buffer.from('ustar'), 257);
  test.each<[string, Uint8Array, string]>([
    [
      'the format before PyTorch 1.6',
      fixture('legacy.pt'),
      'x.pt: expected a file of torch.save since PyTorch 1.6, got the format before 1.6; torch.save(torch.load(path, weights_only=True), other_path)',
    ],
    ['the format before PyTorch 1.6, by PyTorch 1.13', fixture('oldLegacy.pt'), 'got the format before 1.6'],
    ['the tar format of the first versions', tar, 'got the tar format before 0.1.10; torch.save(torch.load('],
    ['a plain pickle', makePickle(new Map([['a', 1]])), 'got a plain pickle; save it with torch.save'],
    [
      'a whole module',
      fixture('module.pt'),
      'got torch.nn.modules.linear.Linear, and nothing of it was run; save plain state dicts instead',
    ],
    [
      'a TorchScript program',
      fixture('script.pt'),
      'got a TorchScript program; save its weights: torch.save(torch.jit.load(path).state_dict(), other_path)',
    ],
    [
      'an exported program',
      makeZip([{ name: 'p/archive_format', data: Buffer.from('pt2') }]),
      'got a program of torch.export; save its weights',
    ],
    ['a file cut off', fixture('small.pt').slice(0, 700), 'zip: its directory at the end is missing (x.pt)'],
  ])('%s', async (_, bytes, message) => {
    expect(await recognises(bytes)).toBe(true);
    await expect(open(bytes)).rejects.toThrow(FormatError);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  test('other zip files and archives are left to others', async () => {
    const ustar = tar.slice();
    ustar.set(Buffer.from('notes.txt\0'), 0);
    expect(await recognises(ustar)).toBe(false);
    expect(await recognises(makeZip([{ name: 'weights.npy', data: new Uint8Array(9) }]))).toBe(false);
    expect(await recognises(makeZip([]))).toBe(false);
    expect(await recognises(makeZip([{ name: 'a/b', data: new Uint8Array(9) }]).slice(0, 60))).toBe(false);
  });
});

describe('a file that deceives is refused with a sentence', () => {
  const storage = (id: Made): Made => new Persistent(id);
  const rebuild = (...args: readonly Made[]): Made => new Call('torch._utils', '_rebuild_tensor_v2', args);
  const ofStorage = (id: Made): Made => rebuild(storage(id), 0, new Tuple(1), new Tuple(1), false, null);
  const float = new Call('torch', 'FloatStorage');
  const fine = madeTensor({ key: '0', shape: [1], elements: 1 });
  const dtensor = (state: Made): Made =>
    new Call('torch._tensor', '_rebuild_from_type_v2', [
      new Call('torch._utils', '_rebuild_wrapper_subclass'),
      new Call('torch.distributed.tensor', 'DTensor'),
      new Tuple(new Call('torch.distributed.tensor', 'DTensor'), new Call('torch', 'float32'), new Tuple(1)),
      state,
    ]);

  test.each<[string, Made, string]>([
    [
      'a storage that is not there',
      madeTensor({ key: '7', shape: [1], elements: 1 }),
      'expected its storage 7 in the file',
    ],
    [
      'a storage that climbs out',
      madeTensor({ key: '../data.pkl', shape: [1], elements: 1 }),
      'expected its storage ../data.pkl',
    ],
    [
      'a storage of another tag',
      ofStorage(new Tuple('file', float, '0', 'cpu', 1)),
      'expected a storage with its class',
    ],
    [
      'a storage of no class',
      ofStorage(new Tuple('storage', new Call('torch', 'Tensor'), '0', 'cpu', 1)),
      'expected a storage with',
    ],
    [
      'a storage of a negative length',
      ofStorage(new Tuple('storage', float, '0', 'cpu', -1)),
      'expected a storage with',
    ],
    ['a storage that is text', ofStorage('storage'), 'expected a storage with'],
    [
      'an untyped storage without dtype',
      ofStorage(new Tuple('storage', new Call('torch.storage', 'UntypedStorage'), '0', 'cpu', 4)),
      'expected a dtype for an untyped storage',
    ],
    ['a tensor of nothing', rebuild(), 'expected a storage, an offset, a size and strides, got '],
    ['a tensor of text', rebuild('a', 'b', 'c', 'd'), 'got text, text, text, text'],
    [
      'a negative stride',
      madeTensor({ key: '0', shape: [1], strides: [-1], elements: 1 }),
      'expected a storage, an offset',
    ],
    ['an offset beyond the storage', madeTensor({ key: '0', shape: [1], offset: 1, elements: 1 }), 'ends at byte 8'],
    ['strides beyond the storage', madeTensor({ key: '0', shape: [2], strides: [9], elements: 1 }), 'ends at byte 40'],
    [
      'a stride too few',
      madeTensor({ key: '0', shape: [1, 1], strides: [1], elements: 1 }),
      'a stride of 0 or more for each of 2',
    ],
    [
      'a parameter of text',
      new Call('torch._utils', '_rebuild_parameter', ['x']),
      'expected a tensor inside a parameter, got text',
    ],
    [
      'a type of nothing',
      new Call('torch._tensor', '_rebuild_from_type_v2', []),
      'expected a function, a type and arguments',
    ],
    [
      'a type rebuilt by a device',
      new Call('torch._tensor', '_rebuild_from_type_v2', [
        new Call('torch', 'device'),
        new Call('torch', 'Tensor'),
        new Tuple(),
      ]),
      'expected a function that rebuilds a tensor, got torch.device',
    ],
    ['a DTensor without a local tensor', dtensor(null), 'expected a DTensor with its local tensor and size'],
    ['a DTensor of a number', dtensor(new Map([['_local_tensor', 5]])), 'expected a DTensor with its local tensor'],
    [
      'a dtype that is none',
      new Call('torch._utils', '_rebuild_tensor_v3', [
        storage('x'),
        0,
        new Tuple(),
        new Tuple(),
        false,
        null,
        'float32',
      ]),
      'expected a dtype of torch, got text',
    ],
    [
      'two keys that are one text',
      new Raw('}(K\x01NX\x01\x00\x00\x001Nu'),
      'expected keys that differ as text, got 1 twice',
    ],
  ])('%s', async (_, value, message) => {
    const bytes = makeTorchFile(value, { '0': new Uint8Array(4) });
    await expect(open(bytes)).rejects.toThrow(FormatError);
    await expect(open(bytes)).rejects.toThrow(message);
  });

  test('a tensor of partial sums is left out', async () => {
    const partial = new Instance('torch.distributed.tensor.placement_types', 'Partial', new Map());
    const spec = new Instance(
      'torch.distributed.tensor._dtensor_spec',
      'DTensorSpec',
      new Map([['placements', new Tuple(partial)]]),
    );
    const value = dtensor(
      new Map<Made, Made>([
        ['_local_tensor', fine],
        ['_spec', spec],
      ]),
    );
    const { skipped, tree } = await open(makeTorchFile(new Map([['a', value]]), { '0': new Uint8Array(4) }));
    expect(skipped).toEqual([{ name: 'a', shape: [1], reason: 'a DTensor of partial sums; save full_tensor() of it' }]);
    expect(tree.size).toBe(0);
  });

  test('a few hundred bytes that would be a tree without end', async () => {
    const doubled = Array.from({ length: 40 }, (_, i) => new Raw('(h', i, 'h', i, 'tq', i + 1));
    const bytes = makeTorchFile([new Raw('Nq', 0), ...doubled]);
    const begin = performance.now();
    await expect(open(bytes)).rejects.toThrow(/expected at most \d+ values, got more/);
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  test('a tensor of a terabyte over four bytes is refused when it is read, before memory is taken', async () => {
    const wide = madeTensor({ key: '0', shape: [2 ** 38], strides: [0], elements: 1 });
    const { tensors } = await open(makeTorchFile(new Map([['a', wide]]), { '0': new Uint8Array(4) }));
    await expect(tensors[0]?.read()).rejects.toThrow('got 274877906944 that share 4 bytes; save a contiguous copy');
  });

  test('a byte order that is none', async () => {
    const more = { byteorder: Buffer.from('middle\u001b') };
    await expect(open(makeTorchFile(null, {}, { more }))).rejects.toThrow(
      'expected "little" or "big", got middle\\u{1b}',
    );
  });
});

test('10 GB of matrices are listed within a second and 200 MB', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muonscope-sparse-'));
  try {
    const path = join(folder, 'large.pt');
    const bytes = await writeSparseTorchFile(path, 96, 5120, 5120);
    expect(bytes).toBeGreaterThan(10e9);
    expect((await stat(path)).blocks * 512).toBeLessThan(1e7);
    const before = bytesInUse();
    const begin = performance.now();
    const source = counted(await openFile(path));
    expect(await torchFile.recognises(source)).toBe(true);
    const { tensors, close } = await torchFile.open(source, treeInMemory({}));
    const seconds = (performance.now() - begin) / 1000;
    expect(tensors.map(({ shape }) => shape)).toEqual(Array.from({ length: 96 }, () => [5120, 5120]));
    expect(seconds).toBeLessThan(0.5);
    expect(bytesInUse() - before).toBeLessThan(50e6);
    expect(source.lengths.reduce((sum, length) => sum + length)).toBeLessThan(1e6); // nor was more at any moment
    expect(await tensors[95]?.read(26214390, 26214400)).toEqual(new Float32Array(10));
    await close();
  } finally {
    await rm(folder, { recursive: true });
  }
});
