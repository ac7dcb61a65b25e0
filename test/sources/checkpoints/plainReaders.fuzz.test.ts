import { describe } from 'vitest';
import { npyFile } from '../../../src/sources/checkpoints/npyFile.ts';
import { npzFile } from '../../../src/sources/checkpoints/npzFile.ts';
import { runCheckpointFile } from '../../../src/sources/checkpoints/runCheckpoint.ts';
import { safetensorsFile } from '../../../src/sources/checkpoints/safetensorsFile.ts';
import {
  shardedSafetensorsFolder,
  shardedSafetensorsIndex,
} from '../../../src/sources/checkpoints/shardedSafetensors.ts';
import { fuzzFileReader, fuzzFolderReader } from './fuzzing.ts';
import { plainExample, shardedExample } from './plainFixtures.ts';
import { runExample } from './runExample.ts';

const NPY = ['double', 'bigEndianHalfFortran', 'fortranStack', 'bfloat16', 'scalar', 'nothing', 'version2', 'version3'];

describe('fuzzing', () => {
  fuzzFileReader(safetensorsFile, () => [plainExample('single.safetensors')]);
  fuzzFileReader(shardedSafetensorsIndex, () => [shardedExample()]);
  fuzzFolderReader(shardedSafetensorsFolder, () => [shardedExample()]);
  fuzzFileReader(npyFile, () => NPY.map((name) => plainExample(`${name}.npy`)));
  fuzzFileReader(npzFile, () => [plainExample('stored.npz'), plainExample('deflated.npz')]);
  fuzzFileReader(runCheckpointFile, () => [runExample()]);
});
