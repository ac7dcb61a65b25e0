import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointPath, writeCheckpoint } from '../../../src/store/checkpoint.ts';
import type { Tensor } from '../../../src/store/safetensors.ts';
import type { ExampleCheckpoint } from './readerContract.ts';

/** A run's checkpoint, as a training writes it. */
export function runExample(): ExampleCheckpoint {
  const data = Float32Array.from({ length: 12 }, (_, i) => i / 3);
  const tensors = new Map<string, Tensor>([
    ['weights/blocks.0.attn.q', { dtype: 'F32', shape: [3, 4], data }],
    ['momentum/blocks.0.attn.q', { dtype: 'F32', shape: [3, 4], data: data.map((x) => -x) }],
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-'));
  const state = {
    schema: 'muonscope.checkpoint/1' as const,
    run: 'd64',
    step: 7,
    tokens: 900,
    random: {},
    numbers: {},
  };
  writeCheckpoint(folder, { ...state, tensors }, folder);
  const bytes = new Uint8Array(readFileSync(checkpointPath(folder)));
  rmSync(folder, { recursive: true });
  const expected = [...tensors].map(([name, { shape, data: values }]) => [
    name,
    { shape, dtype: 'float32', values: Float64Array.from(values as Float32Array) }, // as above
  ]);
  return {
    label: 'a run',
    files: { 'checkpoint/state.safetensors': bytes },
    main: 'checkpoint/state.safetensors',
    tensors: Object.fromEntries(expected),
    skipped: [],
  };
}
