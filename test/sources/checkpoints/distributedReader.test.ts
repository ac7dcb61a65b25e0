import { distributed } from '../../../src/sources/checkpoints/distributed.ts';
import { type MadeSaved, makeChunk, makeMetadata } from './madeDistributed.ts';
import { type Lie, type LyingFile, readerContract, withFolderReader } from './readerContract.ts';
import { distributedExample } from './torchFixtures.ts';

const lie = (tensor: MadeSaved, message: string): LyingFile => ({
  file: {
    files: { '.metadata': makeMetadata({ a: tensor }), '__0_0.distcp': makeChunk([1]) },
    main: '.metadata',
  },
  message,
});
const whole = (shape: readonly number[]): MadeSaved => ({
  shape,
  chunks: [{ offsets: shape.map(() => 0), sizes: shape }],
});

const lies: Readonly<Record<Lie, LyingFile>> = {
  'a header longer than the file': lie(
    { shape: [1], chunks: [{ offsets: [0], sizes: [1], byteLength: 1e9 }] },
    'expected 1000000000 bytes as .metadata says, got ',
  ),
  'a shape larger than the data': lie(
    { shape: [3], chunks: [{ offsets: [0], sizes: [1] }] },
    'expected chunks of 3 elements together, got 1; the shards of some ranks are missing',
  ),
  'an absurd shape': lie(whole([2 ** 40, 2 ** 40]), 'expected a shape that a file can hold'),
  'a negative dimension': lie(whole([-1, 2]), 'expected a size and chunks of a, got a tuple'),
  'a dimension that is no integer': lie(whole([1.5, 2]), 'expected a size and chunks of a, got a tuple'),
  'data outside of the file': lie(
    { shape: [1], chunks: [{ offsets: [0], sizes: [1], begin: 99999 }] },
    'bytes as .metadata says, got ',
  ),
  'tensors that overlap': lie(
    {
      shape: [2, 2],
      chunks: [
        { offsets: [0, 0], sizes: [2, 1] },
        { offsets: [1, 0], sizes: [1, 2] },
      ],
    },
    'expected chunks that do not overlap, got one of shape [2,1] at [0,0] and one of shape [1,2] at [1,0]',
  ),
};

readerContract({
  ...withFolderReader(distributed),
  examples: ['fsdp2', 'safetensors'].map(distributedExample),
  lies,
  named: (names) => ({
    files: {
      '.metadata': makeMetadata(Object.fromEntries(names.map((name) => [`${name}`, whole([1])]))),
      '__0_0.distcp': makeChunk([1]),
    },
    main: '.metadata',
  }),
});
