import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StudyError } from '../../src/base/errors.ts';
import { createRandom, restoreRandom } from '../../src/base/random.ts';
import { checkpointPath, readCheckpoint, writeCheckpoint } from '../../src/store/checkpoint.ts';
import { writeSafetensors } from '../../src/store/safetensors.ts';
import { checkpointAt, temporaryFolder } from './exampleRecords.ts';

it('a run without a checkpoint has none', () => {
  const folder = temporaryFolder();
  expect(readCheckpoint(folder, folder)).toBeNull();
});

it('a checkpoint comes back bit for bit, negative zero and random streams included', () => {
  const folder = temporaryFolder();
  const random = createRandom(3);
  random.gaussian(); // leaves a spare Gaussian in the state
  const checkpoint = { ...checkpointAt(7), random: { data: random.state() } };
  writeCheckpoint(folder, checkpoint, folder);
  const read = readCheckpoint(folder, folder)!;
  expect({ ...read, tensors: null }).toEqual({ ...checkpoint, tensors: null });
  for (const [name, tensor] of checkpoint.tensors) expect(read.tensors.get(name)).toEqual(tensor);
  expect(Object.is(read.tensors.get('muon.momentum')?.data[1], -0)).toBe(true);
  const continued = restoreRandom(read.random.data!);
  expect([continued.gaussian(), continued.uniform()]).toEqual([random.gaussian(), random.uniform()]);
});

it('the remains of a killed write do not disturb the checkpoint before it', () => {
  const folder = temporaryFolder();
  writeCheckpoint(folder, checkpointAt(3), folder);
  writeFileSync(`${checkpointPath(folder)}.tmp`, 'half');
  expect(readCheckpoint(folder, folder)?.step).toBe(3);
  writeCheckpoint(folder, checkpointAt(4), folder);
  expect(readCheckpoint(folder, folder)?.step).toBe(4);
});

it('every truncation and every altered byte is noticed', () => {
  const folder = temporaryFolder();
  const path = checkpointPath(folder);
  writeCheckpoint(folder, checkpointAt(3), folder);
  const whole = readFileSync(path);
  const refuses = (bytes: Uint8Array): void => {
    writeFileSync(path, bytes);
    expect(() => readCheckpoint(folder, folder)).toThrow(StudyError);
  };
  for (let length = 0; length < whole.length; length += 7) refuses(whole.subarray(0, length));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const bytes = Buffer.from(whole);
      bytes[index] = bytes[index]! ^ flip;
      try {
        refuses(bytes);
      } catch (error) {
        // A flip may turn one white space of the padding into another, which changes nothing.
        if (!WHITE_SPACE.has(bytes[index]!) || !WHITE_SPACE.has(whole[index]!)) throw error;
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

it('another safetensors file and a number that is not finite are refused by name', () => {
  const folder = temporaryFolder();
  const path = checkpointPath(folder);
  mkdirSync(dirname(path));
  writeFileSync(path, writeSafetensors({ tensors: new Map(), metadata: {} }));
  expect(() => readCheckpoint(folder, folder)).toThrow(
    'expected a checkpoint of muonscope, got another safetensors file',
  );
  expect(() => writeCheckpoint(folder, { ...checkpointAt(1), numbers: { best: Number.NaN } }, folder)).toThrow(
    'numbers.best: expected number, received NaN',
  );
});
