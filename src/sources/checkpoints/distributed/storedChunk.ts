/**
 * Opens one chunk of a distributed checkpoint: a zip of torch.save with a single tensor, or a safetensors file that begins
 * there and holds it under its name.
 *
 * @source torch 2.15, torch/distributed/checkpoint/filesystem.py (_write_item, _write_files_from_queue); with
 *   SerializationFormat.SAFETENSORS every chunk of a file has the offset where its safetensors header begins
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { parseSafetensorsHeader, safetensorsDataBegin } from '../../../base/safetensorsHeader.ts';
import type { ByteSource } from '../../bytes/byteSource.ts';
import { windowOf } from '../../bytes/byteWindow.ts';
import type { CheckpointTensor } from '../checkpoint.ts';
import { SAFETENSORS_DTYPES } from '../safetensorsFile.ts';
import { tensorAt } from '../tensorBytes.ts';
import { openTorchArchive } from '../torch/torchArchive.ts';
import { sameLengths } from '../torch/torchTensor.ts';
import { torchTree } from '../torch/torchTree.ts';
import type { SavedTensor, StoredChunk } from './metadata.ts';

/**
 * @param source the file the chunk is in
 * @throws FormatError if it leaves the file, is neither format, or holds another shape or dtype than the metadata says
 */
export async function openStoredChunk(
  source: ByteSource,
  { fqn, dtype }: Pick<SavedTensor, 'fqn' | 'dtype'>,
  chunk: StoredChunk,
): Promise<CheckpointTensor> {
  const { begin, byteLength, sizes } = chunk;
  const name = `${source.name}: ${printable(fqn)} at byte ${begin}`;
  const window = windowOf(source, name, begin, begin + byteLength);
  const head = await window.slice(0, Math.min(4, byteLength));
  const isArchive = head.length === 4 && head[0] === 0x50 && head[1] === 0x4b;
  const tensor = isArchive ? await torchChunk(window, fqn) : await safetensorsChunk(source, name, fqn, begin);
  if (!sameLengths(tensor.shape, sizes) || tensor.dtype !== dtype)
    throw new FormatError(
      `${name}: expected ${dtype} of shape [${sizes}] as .metadata says, got ${tensor.dtype} of shape [${tensor.shape}]; the files are of different checkpoints`,
      source.name,
    );
  return tensor;
}

async function torchChunk(window: ByteSource, fqn: string): Promise<CheckpointTensor> {
  const { value, skipped } = torchTree(await openTorchArchive(window), [fqn]);
  if (typeof value === 'object' && value !== null && 'kind' in value) return value;
  const got = skipped[0] === undefined ? 'something else' : `one that is ${skipped[0].reason}`;
  throw new FormatError(`${window.name}: expected a tensor, got ${got}; the file is damaged`, window.name);
}

async function safetensorsChunk(
  source: ByteSource,
  name: string,
  fqn: string,
  begin: number,
): Promise<CheckpointTensor> {
  const file = windowOf(source, name, begin, source.byteLength);
  const dataBegin = safetensorsDataBegin(await file.slice(0, Math.min(8, file.byteLength)), file.byteLength, name);
  const { entries } = parseSafetensorsHeader(await file.slice(8, dataBegin), file.byteLength - dataBegin, name);
  const entry = entries.find((candidate) => candidate.name === fqn);
  if (entry === undefined)
    throw new FormatError(
      `${name}: expected the tensor in this safetensors file, got none of that name; the files are of different checkpoints`,
      source.name,
    );
  const bytes = windowOf(file, name, dataBegin + entry.begin, dataBegin + entry.end);
  const dtype = SAFETENSORS_DTYPES[entry.dtype] ?? 'other';
  return tensorAt({ path: [fqn], shape: entry.shape, dtype, bytes });
}
