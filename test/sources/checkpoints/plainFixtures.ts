/** The files of fixtures/checkpoints/plain, with what NumPy reads in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TensorDtype } from '../../../src/sources/checkpoints/checkpoint.ts';
import { decodeArray, type EncodedArray } from '../../referenceFixtures.ts';
import type { ExampleCheckpoint, ExampleTensor } from './readerContract.ts';

const folder = fileURLToPath(new URL('../../../fixtures/checkpoints/plain/', import.meta.url));

/** Types that have another name here. */
const DTYPES: Readonly<Record<string, TensorDtype>> = { '>f4': 'float32', '>f2': 'float16' };

/** @param skipped names of what the reader has to leave out */
export function plainExample(file: string, skipped: readonly string[] = []): ExampleCheckpoint {
  return { label: file, files: { [file]: readPlain(file) }, main: file, tensors: expectedOf(file), skipped };
}

/** The sharded checkpoint, by its index. */
export function shardedExample(): ExampleCheckpoint {
  const names = readdirSync(`${folder}sharded`);
  const files = Object.fromEntries(names.map((name) => [name, readPlain(`sharded/${name}`)]));
  const main = 'model.safetensors.index.json';
  return { label: 'sharded', files, main, tensors: expectedOf('sharded'), skipped: [] };
}

function expectedOf(file: string): Readonly<Record<string, ExampleTensor>> {
  const all: Record<
    string,
    Record<string, { shape: number[]; dtype: string; values: EncodedArray | null }>
  > = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8'));
  const entries = Object.entries(all[file] ?? {}).map(([name, { shape, dtype, values }]): [string, ExampleTensor] => [
    name,
    {
      shape,
      dtype: DTYPES[dtype] ?? (dtype as TensorDtype), // most names are the same
      values: values === null ? null : decodeArray(values),
    },
  ]);
  return Object.fromEntries(entries);
}

export function readPlain(path: string): Uint8Array {
  return new Uint8Array(readFileSync(folder + path));
}
