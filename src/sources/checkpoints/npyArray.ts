/**
 * Arrays as numpy.save writes them, versions 1, 2 and 3, in C and Fortran order, little- and big-endian.
 *
 * "\x93NUMPY", two bytes of version, the header's length (16 bits in version 1, else 32), the header: a Python dictionary
 * with descr, fortran_order and shape; then the elements.
 *
 * Two bytes without a type ("V2") are taken for bfloat16: so NumPy saves that of JAX, and nothing else is two bytes long.
 *
 * @source https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import { windowOf } from '../bytes/byteWindow.ts';
import type { CheckpointTensor, TensorDtype } from './checkpoint.ts';
import { ELEMENT_BYTES } from './elements.ts';
import { type PythonLiteral, parsePythonLiteral } from './pythonLiteral.ts';
import { columnMajorStrides, rowMajorStrides } from './tensorBoxes.ts';
import { countElements, tensorAt } from './tensorBytes.ts';

/** Whether bytes begin as an array of NumPy does. */
export async function isNpy(source: ByteSource): Promise<boolean> {
  const head = await source.slice(0, Math.min(source.byteLength, MAGIC.length));
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** An array, or why its elements are not numbers. */
export type NpyArray =
  | { readonly kind: 'array'; readonly tensor: CheckpointTensor /** Behind the array. */; readonly bytesLeft: number }
  | { readonly kind: 'unreadable'; readonly shape: readonly number[]; readonly reason: string };

/**
 * Reads the header of an array.
 *
 * @param name becomes its path
 * @throws FormatError if the file is not as the format promises
 */
export async function readNpyArray(source: ByteSource, name: string): Promise<NpyArray> {
  const { descr, fortranOrder, shape, dataBegin } = await readHeader(source);
  const elements = countElements(shape, source.name);
  if (typeof descr !== 'string') return { kind: 'unreadable', shape, reason: structured(descr) };
  const type = TYPES.get(descr.replace(/^[<>=|]/, ''));
  if (type === undefined)
    return { kind: 'unreadable', shape, reason: `of type ${printable(descr)}, which holds no numbers of ours` };
  const bytes = windowOf(source, source.name, dataBegin, source.byteLength);
  const strides = fortranOrder ? columnMajorStrides(shape) : rowMajorStrides(shape);
  const tensor = tensorAt({ path: [name], shape, dtype: type, bytes, strides, bigEndian: descr.startsWith('>') });
  return { kind: 'array', tensor, bytesLeft: bytes.byteLength - elements * ELEMENT_BYTES[type] };
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version and a length of either kind. */
const SHORTEST_LEAD_BYTES = 12;
/** NumPy pads headers to a multiple of 64 bytes. */
const USUAL_HEADER_BYTES = 128;
/** A structured type of a thousand fields. */
const MAX_HEADER_BYTES = 1_048_576;

/** Types by descr without the byte order. Longer floats, complex numbers, texts and dates are not among them. */
const TYPES: ReadonlyMap<string, TensorDtype> = new Map<string, TensorDtype>([
  ['f8', 'float64'],
  ['f4', 'float32'],
  ['f2', 'float16'],
  ['V2', 'bfloat16'],
  ['i8', 'int64'],
  ['i4', 'int32'],
  ['i2', 'int16'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['b1', 'bool'],
]);

interface NpyHeader {
  readonly descr: PythonLiteral;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataBegin: number;
}

async function readHeader(source: ByteSource): Promise<NpyHeader> {
  const { name, byteLength } = source;
  const lead = await source.slice(0, Math.min(byteLength, USUAL_HEADER_BYTES));
  const major = lead[6] ?? 0;
  if (!MAGIC.every((byte, i) => lead[i] === byte) || lead.length < SHORTEST_LEAD_BYTES)
    throw refuse(name, 'the beginning of an array of NumPy, got other or fewer bytes');
  if (major < 1 || major > 3) throw refuse(name, `version 1, 2 or 3 of the format, got ${major}`);
  const view = new DataView(lead.buffer, lead.byteOffset);
  const headerBegin = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBegin + length > byteLength)
    throw refuse(name, `a header within ${byteLength} bytes, got one of ${length}`);
  if (length > MAX_HEADER_BYTES)
    throw refuse(name, `a header of at most ${MAX_HEADER_BYTES} bytes, got one of ${length}`);
  const dataBegin = headerBegin + length;
  const head = dataBegin <= lead.length ? lead : await source.slice(0, dataBegin);
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(head.subarray(headerBegin, dataBegin));
  return { ...checkedHeader(parsePythonLiteral(text, name), name), dataBegin };
}

function checkedHeader(header: PythonLiteral, file: string): Omit<NpyHeader, 'dataBegin'> {
  const fields = header instanceof Map ? header : new Map<string, PythonLiteral>();
  const descr = fields.get('descr');
  const fortranOrder = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (descr === undefined || typeof fortranOrder !== 'boolean')
    throw refuse(file, 'descr and fortran_order in its header, got a header without');
  if (!Array.isArray(shape) || !shape.every((size) => typeof size === 'number'))
    throw refuse(file, 'a tuple of sizes as shape in its header, got something else');
  return { descr, fortranOrder, shape };
}

/** A list of (name, type) or (name, type, shape). */
function structured(descr: PythonLiteral): string {
  const fields = Array.isArray(descr) ? descr.map((field) => (Array.isArray(field) ? field[0] : null)) : [];
  const names = fields.filter((field) => typeof field === 'string').map((field) => printable(field));
  return `of a structured type with the fields ${names.slice(0, 10).join(', ') || 'unknown'}; save each field by itself`;
}

function refuse(file: string, expected: string): FormatError {
  return new FormatError(`${file}: expected ${expected}; the file is truncated or no array of NumPy`, file);
}
