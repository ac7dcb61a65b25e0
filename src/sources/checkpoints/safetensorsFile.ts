/** A single safetensors file: its header is read, its tensors are windows of the file. */
import {
  parseSafetensorsHeader,
  SAFETENSORS_LENGTH_BYTES,
  safetensorsDataBegin,
} from '../../base/safetensorsHeader.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import { windowOf } from '../bytes/byteWindow.ts';
import type { CheckpointTensor, CheckpointValue, TensorDtype } from './checkpoint.ts';
import type { FileReader } from './reader.ts';
import { tensorAt } from './tensorBytes.ts';

/** The tree is flat: tensors by their names, and `__metadata__` where the header has it. */
export const safetensorsFile: FileReader = {
  format: 'safetensors',
  recognises: isSafetensors,
  open: async (source) => {
    const { tensors, metadata } = await readSafetensorsTensors(source);
    const texts = new Map(Object.entries(metadata));
    const root: [string, CheckpointValue][] = texts.size > 0 ? [['__metadata__', texts]] : [];
    for (const tensor of tensors) root.push([tensor.path[0]!, tensor]); // its name is its path
    return {
      name: source.name,
      format: 'safetensors',
      tree: new Map(root),
      tensors,
      skipped: [],
      close: () => source.close(),
    };
  },
};

/** A header length below 2^40, then the brace that the header begins with; so a truncated file is recognised as well. */
export async function isSafetensors(source: ByteSource): Promise<boolean> {
  if (source.byteLength <= SAFETENSORS_LENGTH_BYTES) return false;
  const head = await source.slice(0, SAFETENSORS_LENGTH_BYTES + 1);
  return head[5] === 0 && head[6] === 0 && head[7] === 0 && head[8] === OPENING_BRACE;
}

/** What a safetensors file holds. */
export interface SafetensorsContents {
  /** In the header's order; the path of each is its name. */
  readonly tensors: readonly CheckpointTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws FormatError if the file is not as the format promises */
export async function readSafetensorsTensors(source: ByteSource): Promise<SafetensorsContents> {
  const { name: file, byteLength } = source;
  const first = await source.slice(0, Math.min(byteLength, SAFETENSORS_LENGTH_BYTES));
  const begin = safetensorsDataBegin(first, byteLength, file);
  const json = await source.slice(SAFETENSORS_LENGTH_BYTES, begin);
  const { entries, metadata } = parseSafetensorsHeader(json, byteLength - begin, file);
  const tensors = entries.map(({ name, dtype, shape, begin: from, end }) =>
    tensorAt({
      path: [name],
      shape,
      dtype: SAFETENSORS_DTYPES[dtype] ?? 'other',
      bytes: windowOf(source, file, begin + from, begin + end),
    }),
  );
  return { tensors, metadata };
}

const OPENING_BRACE = 0x7b;

/** Types that have a name of their own here. */
export const SAFETENSORS_DTYPES: Readonly<Record<string, TensorDtype>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  F8_E8M0: 'float8',
  F8_E4M3FNUZ: 'float8',
  F8_E5M2FNUZ: 'float8',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};
