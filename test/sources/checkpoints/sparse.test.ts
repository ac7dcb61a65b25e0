/** Checkpoints of 10 GB that take no room on the disk: holes where the tensors are. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/sources/checkpoints/openCheckpoint.ts';
import { temporaryFolder } from '../../store/exampleRecords.ts';
import { makeNpy, npyHeader } from './madeFiles.ts';
import { directoryEntry, endRecords, localHeader } from './madeZip.ts';

const MATRICES = 600;
const SIDE = 2048;
/** 16 MiB, so 10 GB together. */
const MATRIX_BYTES = SIDE * SIDE * 4;
const MAX_SECONDS = 1;
const MAX_BYTES = 200e6;
const NAMES = Array.from({ length: MATRICES }, (_, i) => `blocks.${i}.mlp.up.weight`);

type Part = readonly [at: number, bytes: Uint8Array];

function writeSparse(parts: readonly Part[], length: number): string {
  const path = join(temporaryFolder(), 'sparse');
  const file = openSync(path, 'w');
  ftruncateSync(file, length);
  for (const [at, bytes] of parts) writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
  return path;
}

function sparseSafetensors(): string {
  const entries = NAMES.map((name, i) => [
    name,
    { dtype: 'F32', shape: [SIDE, SIDE], data_offsets: [i * MATRIX_BYTES, (i + 1) * MATRIX_BYTES] },
  ]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const lead = new Uint8Array(8);
  new DataView(lead.buffer).setBigUint64(0, BigInt(json.length), true);
  return writeSparse(
    [
      [0, lead],
      [8, json],
    ],
    8 + json.length + MATRICES * MATRIX_BYTES,
  );
}

/** As numpy.savez writes it, with sizes and places of 64 bits. */
function sparseNpz(): string {
  const parts: Part[] = [];
  const directory: Uint8Array[] = [];
  const array = makeNpy(npyHeader(`(${SIDE}, ${SIDE})`), 0);
  const byteLength = array.length + MATRIX_BYTES;
  let at = 0;
  for (const name of NAMES) {
    const entry = { name: `${name}.npy`, data: array, byteLength, compressedBytes: byteLength };
    const header = localHeader(entry, array, true);
    parts.push([at, header], [at + header.length, array]);
    directory.push(directoryEntry(entry, array, at, true));
    at += header.length + byteLength;
  }
  const entries = Buffer.concat(directory);
  const place = { entries: MATRICES, bytes: entries.length, begin: at };
  const end = endRecords(place, at + entries.length, true, new Uint8Array(0));
  parts.push([at, entries], [at + entries.length, end]);
  return writeSparse(parts, at + entries.length + end.length);
}

test.each([
  ['safetensors', sparseSafetensors],
  ['npz', sparseNpz],
])('10 GB of %s are opened within 1 s and 200 MB, and cost a matrix at a time', async (format, write) => {
  const path = write();
  const seconds: number[] = [];
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    await (await openCheckpoint(path)).close();
    seconds.push((performance.now() - begin) / 1000);
  }
  expect(Math.min(...seconds)).toBeLessThan(MAX_SECONDS); // others may be at work
  const before = process.memoryUsage();
  const checkpoint = await openCheckpoint(path);
  const opened = process.memoryUsage();
  expect(checkpoint.format).toBe(format);
  expect(checkpoint.tensors.map(({ path: [name] }) => name)).toEqual(NAMES);
  expect(bytesOf(opened) - bytesOf(before)).toBeLessThan(MAX_BYTES);
  const last = await checkpoint.tensors.at(-1)?.read();
  expect(last?.length).toBe(SIDE * SIDE);
  expect(process.memoryUsage().arrayBuffers - opened.arrayBuffers).toBeLessThan(2 * MATRIX_BYTES);
  await checkpoint.close();
});

/** Of this thread alone: others run other tests. */
function bytesOf({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number {
  return heapUsed + arrayBuffers;
}
