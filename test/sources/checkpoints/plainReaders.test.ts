import { npyFile } from '../../../src/sources/checkpoints/npyFile.ts';
import { npzFile } from '../../../src/sources/checkpoints/npzFile.ts';
import { runCheckpointFile, runCheckpointFolder } from '../../../src/sources/checkpoints/runCheckpoint.ts';
import { safetensorsFile } from '../../../src/sources/checkpoints/safetensorsFile.ts';
import {
  shardedSafetensorsFolder,
  shardedSafetensorsIndex,
} from '../../../src/sources/checkpoints/shardedSafetensors.ts';
import { makeNpy, makeNpz, makeSafetensors, npyHeader } from './madeFiles.ts';
import { plainExample, shardedExample } from './plainFixtures.ts';
import {
  type ExampleFiles,
  type Lie,
  type LyingFile,
  readerContract,
  withFileReader,
  withFolderReader,
} from './readerContract.ts';
import { runExample } from './runExample.ts';

const HUGE = '(1099511627776, 1099511627776)';

/** Lies of a safetensors file, in place of `path` among `files`. */
function safetensorsLies(
  files: Readonly<Record<string, Uint8Array>>,
  main: string,
  path: string,
  metadata: object = {},
): Readonly<Record<Lie, LyingFile>> {
  const lie = (entries: object, dataBytes: number, message: string, headerLength?: bigint): LyingFile => ({
    file: { files: { ...files, [path]: makeSafetensors({ ...metadata, ...entries }, dataBytes, headerLength) }, main },
    message,
  });
  const tensor = (shape: unknown, begin: number, end: number) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });
  return {
    'a header longer than the file': lie({ x: tensor([1], 0, 4) }, 4, 'header length 99999999 exceeds', 99999999n),
    'a shape larger than the data': lie({ x: tensor([2, 3], 0, 20) }, 20, 'shape [2,3] needs 24 bytes, got 20'),
    'an absurd shape': lie({ x: tensor([2 ** 40, 2 ** 40], 0, 8) }, 8, 'got 8'),
    'a negative dimension': lie({ x: tensor([-1, 2], 0, 8) }, 8, 'has no shape, expected a list of sizes'),
    'a dimension that is no integer': lie({ x: tensor([1.5, 2], 0, 12) }, 12, 'has no shape'),
    'data outside of the file': lie({ x: tensor([2, 3], 0, 24) }, 20, 'ends at byte 24 of 20 bytes of data'),
    'tensors that overlap': lie({ x: tensor([2], 0, 8), y: tensor([2], 4, 12) }, 12, 'begins at byte 4 of the data'),
  };
}

/** Tensors of one element; no name can be a file's, so all are in one. */
function namedSafetensors(names: readonly string[], metadata: object = {}): Uint8Array {
  const entries = names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  return makeSafetensors(Object.fromEntries([...Object.entries(metadata), ...entries]), 4 * names.length);
}

readerContract({
  ...withFileReader(safetensorsFile),
  examples: [plainExample('single.safetensors')],
  lies: safetensorsLies({}, 'x', 'x'),
  named: (names) => ({ files: { x: namedSafetensors(names) }, main: 'x' }),
});

const sharded = shardedExample();
const INDEX = sharded.main;
const namedShards = (names: readonly string[]): ExampleFiles => {
  const index = { weight_map: Object.fromEntries(names.map((name) => [name, 's'])) };
  return {
    files: { s: namedSafetensors(names), [INDEX]: new TextEncoder().encode(JSON.stringify(index)) },
    main: INDEX,
  };
};
for (const use of [withFileReader(shardedSafetensorsIndex), withFolderReader(shardedSafetensorsFolder)])
  readerContract({
    ...use,
    examples: [sharded],
    lies: safetensorsLies(sharded.files, INDEX, 'model-00002-of-00003.safetensors'),
    named: namedShards,
  });

readerContract({
  ...withFileReader(npyFile),
  examples: [
    ...['double', 'single', 'half', 'bfloat16', 'fortran', 'fortranStack', 'bigEndian', 'bigEndianHalfFortran'],
    ...['scalar', 'nothing', 'whole', 'version2', 'version3'],
  ].map((name) => plainExample(`${name}.npy`)),
  lies: npyLies((bytes) => ({ files: { x: bytes }, main: 'x' }), { impossible: 'a file holds one array' }),
  named: null,
});

readerContract({
  ...withFileReader(npzFile),
  examples: ['stored.npz', 'deflated.npz'].map((file) => plainExample(file, ['fields', 'words'])),
  lies: npyLies((bytes) => ({ files: { x: makeNpz({ x: bytes }, { deflate: true }) }, main: 'x' }), {
    file: { files: { x: makeNpz({ a: new Uint8Array(99), b: new Uint8Array(9) }, { begin: 0 }) }, main: 'x' },
    message: 'overlaps what follows it',
  }),
  named: (names) => {
    const one = makeNpy(npyHeader('(1,)'), 4);
    return { files: { x: makeNpz(Object.fromEntries(names.map((name) => [name, one]))) }, main: 'x' };
  },
});

/** @param place puts an array where the format has it */
function npyLies(place: (bytes: Uint8Array) => ExampleFiles, overlap: LyingFile): Readonly<Record<Lie, LyingFile>> {
  const lie = (shape: string, dataBytes: number, message: string): LyingFile => ({
    file: place(makeNpy(npyHeader(shape), dataBytes)),
    message,
  });
  return {
    'a header longer than the file': {
      file: place(makeNpy(npyHeader('(1,)'), 4, { headerLength: 60_000 })),
      message: 'got one of 60000; the file is truncated',
    },
    'a shape larger than the data': lie('(2, 3)', 20, 'that ends at byte 24; the file is truncated'),
    'an absurd shape': lie(HUGE, 8, 'expected a shape that a file can hold'),
    'a negative dimension': lie('(-1, 2)', 8, 'expected dimensions of 0 or more, got [-1,2]'),
    'a dimension that is no integer': lie('(1.5, 2)', 12, 'expected a Python dictionary in its header'),
    'data outside of the file': lie('(1000,)', 8, 'that ends at byte 4000; the file is truncated'),
    'tensors that overlap': overlap,
  };
}

const run = runExample();
const runMetadata = { __metadata__: { state: '{"schema":"muonscope.checkpoint/1","step":7}' } };
for (const use of [withFileReader(runCheckpointFile), withFolderReader(runCheckpointFolder)])
  readerContract({
    ...use,
    examples: [run],
    lies: safetensorsLies({}, run.main, run.main, runMetadata),
    named: (names) => ({ files: { [run.main]: namedSafetensors(names, runMetadata) }, main: run.main }),
  });
