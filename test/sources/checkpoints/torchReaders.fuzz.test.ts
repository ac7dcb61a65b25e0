import { describe } from 'vitest';
import { deepspeed } from '../../../src/sources/checkpoints/deepspeed.ts';
import { distributed } from '../../../src/sources/checkpoints/distributed.ts';
import { torchFile } from '../../../src/sources/checkpoints/torchFile.ts';
import { type FuzzSeed, fuzzFileReader, fuzzFolderReader } from './fuzzing.ts';
import { readCheckpointFixture, readCheckpointFolder } from './torchFixtures.ts';

const TORCH = [
  ...['torchMuonNamed', 'kellerJordan', 'moonlight', 'views', 'small', 'deflated', 'bigEndian', 'unreadable', 'old'],
  ...['objectsProtocol2', 'objectsProtocol5', 'legacy', 'script'],
];

function file(path: string): FuzzSeed {
  return { files: { [path]: readCheckpointFixture(path) }, main: path };
}

function folder(path: string): FuzzSeed {
  return { files: readCheckpointFolder(path), main: '' };
}

describe('fuzzing', () => {
  fuzzFileReader(torchFile, () => [...TORCH.map((name) => file(`torch/${name}.pt`)), file('distributed/rankShard.pt')]);
  fuzzFolderReader(distributed, () =>
    ['fsdp2', 'fsdp2Flat', 'ownMetadata', 'mesh4', 'safetensors'].map((name) => folder(`distributed/${name}`)),
  );
  fuzzFolderReader(deepspeed, () => ['zero1', 'zero2', 'zero3'].map((name) => folder(`deepspeed/${name}`)));
});
