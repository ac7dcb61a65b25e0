import { torchFile } from '../../../src/sources/checkpoints/torchFile.ts';
import { madeTensor, makeTorchFile, torchFileOfNames } from './madeTorch.ts';
import { makeZip } from './madeZip.ts';
import { makePickle } from './pickle/madePickle.ts';
import { type Lie, type LyingFile, readerContract, withFileReader } from './readerContract.ts';
import { torchExample } from './torchFixtures.ts';

const lie = (shape: readonly number[], elements: number, bytes: number, message: string): LyingFile => ({
  file: {
    files: {
      x: makeTorchFile(new Map([['a', madeTensor({ key: '0', shape, elements })]]), { '0': new Uint8Array(bytes) }),
    },
    main: 'x',
  },
  message,
});

const lies: Readonly<Record<Lie, LyingFile>> = {
  'a header longer than the file': {
    file: {
      files: { x: makeZip([{ name: 'a/data.pkl', data: makePickle(null) }], { directoryBytes: 1e6 }) },
      main: 'x',
    },
    message: 'zip: a directory from byte',
  },
  'a shape larger than the data': lie([2, 3], 5, 20, 'that ends at byte 24; the file is truncated'),
  'an absurd shape': lie([2 ** 40, 2 ** 40], 2, 8, 'expected a shape that a file can hold'),
  'a negative dimension': lie(
    [-1, 2],
    2,
    8,
    'expected a storage, an offset, a size and strides, got a storage, 0, a tuple',
  ),
  'a dimension that is no integer': lie([1.5, 2], 3, 12, 'expected a storage, an offset, a size and strides'),
  'data outside of the file': lie([1000], 1000, 8, 'expected a storage of 4000 bytes, got 8; the file is truncated'),
  'tensors that overlap': {
    file: {
      files: {
        x: makeZip([
          { name: 'a/data.pkl', data: makePickle(null) },
          { name: 'a/data/0', data: new Uint8Array(9), begin: 0 },
        ]),
      },
      main: 'x',
    },
    message: 'overlaps what follows it',
  },
};

readerContract({
  ...withFileReader(torchFile),
  examples: [
    ...['small.pt', 'deflated.pt', 'bigEndian.pt', 'views.pt', 'tensor.pt', 'list.pt'].map((file) =>
      torchExample(file),
    ),
    torchExample('unreadable.pt', { skipped: ['sparse', 'meta', 'quantised', 'negated'] }),
    torchExample('old.pt', { expected: 'expectedOld.json' }),
  ],
  lies,
  named: (names) => ({ files: { x: torchFileOfNames(names) }, main: 'x' }),
});
