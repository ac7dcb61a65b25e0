/**
 * Whole safetensors files; the format and its checks are in base/safetensorsHeader.ts.
 *
 * Guaranteed on writing: tensors are aligned to their element size and the same tensors give the same bytes, whatever
 * the order they come in. Half-precision values stay raw 16-bit words.
 */
import { FormatError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import {
  parseSafetensorsHeader,
  refuseSafetensors,
  SAFETENSORS_BITS,
  SAFETENSORS_LENGTH_BYTES,
  type SafetensorsEntry,
  safetensorsDataBegin,
} from '../base/safetensorsHeader.ts';

/** Element types and the arrays that hold them; BF16 and F16 as raw 16-bit words. */
interface TensorArrays {
  readonly F64: Float64Array;
  readonly I64: BigInt64Array;
  readonly F32: Float32Array;
  readonly I32: Int32Array;
  readonly F16: Uint16Array;
  readonly BF16: Uint16Array;
  readonly U8: Uint8Array;
}
export type TensorDtype = keyof TensorArrays;

/** A tensor with the array its dtype calls for. */
export type Tensor = {
  [D in TensorDtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: TensorArrays[D] };
}[TensorDtype];

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The header's `__metadata__`: free strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes tensors as safetensors.
 *
 * @throws FormatError if a tensor's data is not as long as its shape says, or a name is reserved
 */
export function writeSafetensors({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const entries = [...tensors].sort(
    ([a, s], [b, t]) => SAFETENSORS_BITS[t.dtype]! - SAFETENSORS_BITS[s.dtype]! || (a < b ? -1 : 1),
  );
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const elements = shape.reduce((product, dimension) => product * dimension, 1);
    if (elements !== data.length || name === '__metadata__')
      throw new FormatError(
        `safetensors: tensor ${name} of shape [${shape}] cannot be written with ${data.length} values`,
      );
    header.push([name, { dtype, shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = SAFETENSORS_LENGTH_BYTES + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + end).fill(SPACE, SAFETENSORS_LENGTH_BYTES + json.length, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - SAFETENSORS_LENGTH_BYTES), true);
  bytes.set(json, SAFETENSORS_LENGTH_BYTES);
  let offset = start;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a whole safetensors file.
 *
 * @param file its name, for messages
 * @returns tensors that share no memory with `bytes`
 * @throws FormatError saying what is wrong if the file is not as the format promises
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const begin = safetensorsDataBegin(bytes, bytes.length, file);
  const data = bytes.subarray(begin);
  const header = bytes.subarray(SAFETENSORS_LENGTH_BYTES, begin);
  const { entries, metadata } = parseSafetensorsHeader(header, data.length, file);
  return { tensors: new Map(entries.map((entry) => [entry.name, toTensor(entry, data, file)])), metadata };
}

const ALIGNMENT = 8;
const SPACE = 0x20;

/** Copies, because a tensor of a foreign file may be unaligned. */
function toTensor({ name, dtype, shape, begin, end }: SafetensorsEntry, bytes: Uint8Array, file: string): Tensor {
  const buffer = new Uint8Array(bytes.subarray(begin, end)).buffer;
  switch (dtype) {
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'F16':
    case 'BF16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'U8':
      return { dtype, shape, data: new Uint8Array(buffer) };
    default:
      throw refuseSafetensors(file, `tensor ${printable(name)} has dtype ${dtype}, which no checkpoint of ours has`);
  }
}
