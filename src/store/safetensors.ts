/**
 * The safetensors format: u64 little-endian header length, JSON header, raw little-endian tensors, row-major.
 *
 * Guaranteed on reading: the tensors cover the data without gap or overlap, each is as long as its shape says, and
 * no offset leads outside the file. Guaranteed on writing: tensors are aligned to their element size and the same
 * tensors give the same bytes, whatever the order they come in. Half-precision values stay raw 16-bit words.
 *
 * @source https://huggingface.co/docs/safetensors, format section; size limit and checks as its reference reader
 */
import { FormatError } from '../base/errors.ts';

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
  const entries = [...tensors].sort(([a, s], [b, t]) => BYTES[t.dtype] - BYTES[s.dtype] || (a < b ? -1 : 1));
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
  const start = LENGTH_BYTES + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + end).fill(SPACE, LENGTH_BYTES + json.length, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
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
  const start = headerEnd(bytes, file);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), file);
  const data = bytes.subarray(start);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  const located = entries
    .map(([name, entry]) => locate(name, entry, file))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of located) {
    if (begin !== covered)
      throw refuse(file, `tensor ${name} begins at byte ${begin} of the data where byte ${covered} was expected`);
    if (end > data.length) throw refuse(file, `tensor ${name} ends at byte ${end} of ${data.length} bytes of data`);
    covered = end;
  }
  if (covered !== data.length)
    throw refuse(file, `the tensors cover ${covered} bytes where the file has ${data.length} bytes of data`);
  const byName = new Map(located.map((entry) => [entry.name, toTensor(entry, data)]));
  return {
    tensors: new Map(entries.map(([name]) => [name, byName.get(name)!])), // every entry was located
    metadata: checkMetadata(header, file),
  };
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
const SPACE = 0x20;
/** Limit of the reference reader. */
const MAX_HEADER_BYTES = 100_000_000;
const BYTES: Readonly<Record<TensorDtype, number>> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, U8: 1 };

interface LocatedTensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function headerEnd(bytes: Uint8Array, file: string): number {
  if (bytes.length < LENGTH_BYTES) throw refuse(file, `expected at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - LENGTH_BYTES))
    throw refuse(file, `header length ${length} exceeds file size ${bytes.length}`);
  if (length > BigInt(MAX_HEADER_BYTES)) throw refuse(file, `header length ${length} exceeds ${MAX_HEADER_BYTES}`);
  return LENGTH_BYTES + Number(length);
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuse(file, 'the header is not JSON in UTF-8', error);
  }
  if (!isObject(header)) throw refuse(file, 'the header is not a JSON object');
  return header;
}

function locate(name: string, entry: unknown, file: string): LocatedTensor {
  const where = `tensor ${name}`;
  if (!isObject(entry)) throw refuse(file, `${where} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype))
    throw refuse(
      file,
      `${where} has dtype ${typeof dtype === 'string' ? dtype : 'missing'}, expected one of ${Object.keys(BYTES).join(', ')}`,
    );
  if (!isCounts(shape)) throw refuse(file, `${where} has no shape, expected a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw refuse(file, `${where} has no data_offsets, expected [begin, end]`);
  const [begin, end] = offsets as [number, number]; // two entries, just checked
  const bytes = shape.reduce((product, dimension) => product * dimension, BYTES[dtype]);
  if (end - begin !== bytes)
    throw refuse(file, `${where} of dtype ${dtype} and shape [${shape}] needs ${bytes} bytes, got ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

/** Copies, because a tensor of a foreign file may be unaligned. */
function toTensor({ dtype, shape, begin, end }: LocatedTensor, bytes: Uint8Array): Tensor {
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
      return dtype satisfies never;
  }
}

function checkMetadata(header: Record<string, unknown>, file: string): Record<string, string> {
  const metadata = Object.hasOwn(header, '__metadata__') ? header.__metadata__ : {};
  if (!isObject(metadata)) throw refuse(file, '__metadata__ is not a JSON object');
  const entries = Object.entries(metadata).map(([key, value]): [string, string] => {
    if (typeof value !== 'string') throw refuse(file, `__metadata__.${key} is not a string`);
    return [key, value];
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: unknown): value is TensorDtype {
  return typeof value === 'string' && Object.hasOwn(BYTES, value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}

function refuse(file: string, problem: string, cause?: unknown): FormatError {
  const options = cause === undefined ? undefined : { cause };
  return new FormatError(`safetensors: ${problem} (${file}); the file is truncated or not safetensors`, file, options);
}
