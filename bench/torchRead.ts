/**
 * Tensors out of a file of torch.save against the file system's own reading of the same bytes, as ratios of one run.
 *
 * One storage of 256 MiB: float32 as it lies, bfloat16 widened, float32 transposed. They take turns with a plain read
 * of the file into one buffer; the ratio is the median over the turns. The file is in the page cache.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../src/base/sums.ts';
import { openFile } from '../src/sources/bytes/localFile.ts';
import type { CheckpointTensor } from '../src/sources/checkpoints/checkpoint.ts';
import { torchFile } from '../src/sources/checkpoints/torchFile.ts';
import { treeInMemory } from '../test/sources/bytes/treeInMemory.ts';
import { madeTensor, makeTorchFile } from '../test/sources/checkpoints/madeTorch.ts';

const SIDE = 8192;
const BYTES = 4 * SIDE * SIDE;
const TURNS = 7;

const folder = mkdtempSync(join(tmpdir(), 'muonscope-bench-'));
const path = join(folder, 'x.pt');

function writeExample(): void {
  const storage = new Uint8Array(BYTES);
  for (let i = 0; i < storage.length; i++) storage[i] = i % 251;
  const value = new Map([
    ['float32', madeTensor({ key: '0', shape: [SIDE, SIDE], elements: SIDE * SIDE })],
    ['bfloat16', madeTensor({ key: '1', shape: [SIDE, 2 * SIDE], elements: 2 * SIDE * SIDE, storage: 'BFloat16' })],
    ['transposed', madeTensor({ key: '0', shape: [SIDE, SIDE], strides: [1, SIDE], elements: SIDE * SIDE })],
  ]);
  const file = openSync(path, 'w');
  writeSync(file, makeTorchFile(value, { '0': storage, '1': storage }));
  closeSync(file);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await run();
  return (performance.now() - begin) / 1000;
}

async function plainRead(): Promise<void> {
  const file = await open(path);
  await file.read(new Uint8Array(BYTES), 0, BYTES, 4096);
  await file.close();
}

try {
  writeExample();
  const source = await openFile(path);
  const { tensors } = await torchFile.open(source, treeInMemory({}));
  const seconds = new Map<string, number[]>();
  const ratios = new Map<string, number[]>();
  for (let turn = 0; turn < TURNS; turn++) {
    const plain = await timed(plainRead);
    for (const tensor of tensors as CheckpointTensor[]) {
      const name = tensor.path.join('.');
      const own = await timed(() => tensor.read());
      seconds.set(name, [...(seconds.get(name) ?? []), own]);
      ratios.set(name, [...(ratios.get(name) ?? []), plain / own]);
    }
  }
  await source.close();
  for (const [name, own] of seconds) {
    const rate = (BYTES / median(own) / 1e9).toFixed(2);
    console.log(`${name}: ${rate} GB/s of file, ${median(ratios.get(name) ?? []).toFixed(2)} times a plain read`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
