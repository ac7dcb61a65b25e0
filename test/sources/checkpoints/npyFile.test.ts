import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { npyFile } from '../../../src/sources/checkpoints/npyFile.ts';
import { npzFile } from '../../../src/sources/checkpoints/npzFile.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { makeNpy, makeNpz, npyHeader } from './madeFiles.ts';

const open = (bytes: Uint8Array, name = 'x.npy') => npyFile.open(bytesInMemory(name, bytes), treeInMemory({}));

describe('an array of NumPy', () => {
  test.each([
    ['run/blocks.0.attn.q.npy', 'blocks.0.attn.q'],
    ['C:\\run\\mu.NPY', 'mu'],
    ['http://127.0.0.1/a/mu', 'mu'],
  ])('in %s is called %s', async (file, name) => {
    expect([...(await open(makeNpy(npyHeader('(1,)'), 4), file)).tree.keys()]).toEqual([name]);
  });

  test('followed by another one is read, and what follows is listed', async () => {
    const { tensors, skipped } = await open(makeNpy(npyHeader('(1,)'), 100));
    expect(tensors[0]?.shape).toEqual([1]);
    expect(skipped).toEqual([{ name: 'what follows', shape: null, reason: '96 bytes behind the first array' }]);
  });

  test('may name more than NumPy writes in its header', async () => {
    const header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), 'more': None}";
    expect((await open(makeNpy(header, 8))).tensors[0]?.shape).toEqual([2]);
  });
});

describe('an array of NumPy is refused with a sentence', () => {
  const fields = "[('a', '<f4'), ('\\x1b', '<i2')]";
  test.each<[string, Uint8Array, string]>([
    [
      'of structures',
      makeNpy(npyHeader('(3,)', fields), 99),
      'got one of a structured type with the fields a, \\u{1b}; save each',
    ],
    ['of structures without names', makeNpy(npyHeader('(3,)', '[]'), 99), 'with the fields unknown'],
    ['of objects', makeNpy(npyHeader('(3,)', "'|O'"), 99), 'got one of type |O, which holds no numbers'],
    ['of texts', makeNpy(npyHeader('(3,)', "'<U5'"), 99), 'got one of type <U5'],
    [
      'of a later version',
      makeNpy(npyHeader('(3,)'), 12, { version: 4 }),
      'expected version 1, 2 or 3 of the format, got 4',
    ],
    ['without a shape', makeNpy("{'descr': '<f4', 'fortran_order': False}", 4), 'expected a tuple of sizes as shape'],
    ['with a shape of texts', makeNpy(npyHeader("('a',)"), 4), 'expected a tuple of sizes as shape'],
    [
      'with an order that is no boolean',
      makeNpy(npyHeader('(1,)', "'<f4'", '1'), 4),
      'expected descr and fortran_order',
    ],
    ['with a list as header', makeNpy('[]', 4), 'expected descr and fortran_order'],
    [
      'with a program as header',
      makeNpy("__import__('os').system('id')", 4),
      'expected a Python dictionary in its header',
    ],
    [
      'with a header of 2 MB',
      makeNpy(' '.repeat(2_000_000), 4, { version: 2 }),
      'expected a header of at most 1048576 bytes',
    ],
    ['of a size beyond 2^53', makeNpy(npyHeader('(9007199254740993,)'), 4), 'expected dimensions of 0 or more'],
    ['of 65 dimensions', makeNpy(npyHeader(`(${'1,'.repeat(65)})`), 4), 'expected at most 64 dimensions, got 65'],
    [
      'that is another format',
      new TextEncoder().encode('\x93NUMPX and so on'),
      'expected the beginning of an array of NumPy',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(FormatError);
    await expect(open(bytes)).rejects.toThrow(`x.npy: expected`);
    await expect(open(bytes)).rejects.toThrow(message);
  });
});

describe('an archive of NumPy', () => {
  test('lists what is no array of numbers and reads the rest', async () => {
    const bytes = makeNpz({
      good: makeNpy(npyHeader('(2,)'), 8),
      objects: makeNpy(npyHeader('(3,)', "'|O'"), 99),
    });
    const { tensors, skipped } = await npzFile.open(bytesInMemory('x.npz', bytes), treeInMemory({}));
    expect(tensors.map(({ path }) => path)).toEqual([['good']]);
    expect(skipped).toEqual([{ name: 'objects', shape: [3], reason: 'of type |O, which holds no numbers of ours' }]);
  });

  test('with a damaged array is refused, naming it', async () => {
    const bytes = makeNpz({ a: makeNpy(npyHeader('(3,)'), 8) });
    const opening = npzFile.open(bytesInMemory('x.npz', bytes), treeInMemory({}));
    await expect(opening).rejects.toThrow('x.npz: a.npy: tensor a: expected elements within 8 bytes');
  });
});
