/**
 * The header of the safetensors format: u64 little-endian length, JSON in UTF-8, then raw little-endian tensors, row-major.
 *
 * Guaranteed: the tensors cover the data without gap or overlap, each is as long as its type and shape say, and no
 * offset leads outside the file.
 *
 * @source https://huggingface.co/docs/safetensors, format section; size limit, types and checks as its reference reader
 */
import { FormatError } from './errors.ts';
import { nestsDeeper } from './jsonNesting.ts';
import { printable } from './printable.ts';

/** A tensor as the header describes it. */
export interface SafetensorsEntry {
  readonly name: string;
  /** One of {@link SAFETENSORS_BITS}. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Place in the data, which begins behind the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the header's order. */
  readonly entries: readonly SafetensorsEntry[];
  /** The header's `__metadata__`: free strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bits an element. */
export const SAFETENSORS_BITS: Readonly<Record<string, number>> = {
  F64: 64,
  I64: 64,
  U64: 64,
  C64: 64,
  F32: 32,
  I32: 32,
  U32: 32,
  F16: 16,
  BF16: 16,
  I16: 16,
  U16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
};

/** Bytes of the length before the header. */
export const SAFETENSORS_LENGTH_BYTES = 8;

/**
 * Where the data begins.
 *
 * @param first the file's first bytes, at least 8 if it has them
 * @throws FormatError if the file cannot hold the header it claims
 */
export function safetensorsDataBegin(first: Uint8Array, byteLength: number, file: string): number {
  if (byteLength < SAFETENSORS_LENGTH_BYTES)
    throw refuseSafetensors(file, `expected at least ${SAFETENSORS_LENGTH_BYTES} bytes, got ${byteLength}`);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > BigInt(byteLength - SAFETENSORS_LENGTH_BYTES))
    throw refuseSafetensors(file, `header length ${length} exceeds file size ${byteLength}`);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw new FormatError(
      `safetensors: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length} (${file}); save in several files with an index`,
      file,
    );
  return SAFETENSORS_LENGTH_BYTES + Number(length);
}

/**
 * @param json the header without its length
 * @param dataBytes what follows it in the file
 * @param file its name, for messages
 * @throws FormatError saying what is wrong if the header is not as the format promises
 */
export function parseSafetensorsHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const header = parseJson(json, file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => locate(name, entry, file));
  requireCovered(entries, dataBytes, file);
  return { entries, metadata: checkMetadata(header, file) };
}

/** A file that is not as the format promises. */
export function refuseSafetensors(file: string, problem: string, cause?: unknown): FormatError {
  const options = cause === undefined ? undefined : { cause };
  return new FormatError(`safetensors: ${problem} (${file}); the file is truncated or not safetensors`, file, options);
}

/**
 * About 280,000 tensors. The reference reader allows 100,000,000 bytes; opened, a header takes fourteen times its bytes as the
 * objects that describe its tensors, so this is what half a gigabyte holds.
 */
const MAX_HEADER_BYTES = 2 ** 25;
/** A shape is at level 3; more is left to writers who add fields. */
const DEEPEST = 8;

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  if (nestsDeeper(bytes, DEEPEST)) throw refuseSafetensors(file, `the header nests deeper than ${DEEPEST} levels`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuseSafetensors(file, 'the header is not JSON in UTF-8', error);
  }
  if (!isObject(header)) throw refuseSafetensors(file, 'the header is not a JSON object');
  return header;
}

function locate(name: string, entry: unknown, file: string): SafetensorsEntry {
  const where = `tensor ${printable(name)}`;
  if (!isObject(entry)) throw refuseSafetensors(file, `${where} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(SAFETENSORS_BITS, dtype))
    throw refuseSafetensors(
      file,
      `${where} has dtype ${typeof dtype === 'string' ? printable(dtype) : 'missing'}, expected one of ${Object.keys(SAFETENSORS_BITS).join(', ')}`,
    );
  if (!isCounts(shape)) throw refuseSafetensors(file, `${where} has no shape, expected a list of sizes`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw refuseSafetensors(file, `${where} has no data_offsets, expected [begin, end]`);
  const [begin, end] = offsets as [number, number]; // two entries, just checked
  const bytes = shape.reduce((product, dimension) => product * dimension, SAFETENSORS_BITS[dtype]! / 8);
  if (end - begin !== bytes)
    throw refuseSafetensors(
      file,
      `${where} of dtype ${dtype} and shape [${printable(String(shape))}] needs ${bytes} bytes, got ${end - begin}`,
    );
  return { name, dtype, shape, begin, end };
}

function requireCovered(entries: readonly SafetensorsEntry[], dataBytes: number, file: string): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const where = `tensor ${printable(name)}`;
    if (begin !== covered)
      throw refuseSafetensors(file, `${where} begins at byte ${begin} of the data where byte ${covered} was expected`);
    if (end > dataBytes) throw refuseSafetensors(file, `${where} ends at byte ${end} of ${dataBytes} bytes of data`);
    covered = end;
  }
  if (covered !== dataBytes)
    throw refuseSafetensors(file, `the tensors cover ${covered} bytes where the file has ${dataBytes} bytes of data`);
}

function checkMetadata(header: Record<string, unknown>, file: string): Record<string, string> {
  const metadata = Object.hasOwn(header, '__metadata__') ? header.__metadata__ : {};
  if (!isObject(metadata)) throw refuseSafetensors(file, '__metadata__ is not a JSON object');
  const entries = Object.entries(metadata).map(([key, value]): [string, string] => {
    if (typeof value !== 'string') throw refuseSafetensors(file, `__metadata__.${printable(key)} is not a string`);
    return [key, value];
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON has a -0, which no writer gives as a size. */
function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0 && 1 / entry > 0);
}
