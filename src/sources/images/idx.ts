/**
 * The idx format of MNIST: a magic number 0x0000 TT DD with the element type and the number of dimensions, the dimensions as
 * big-endian u32, then the data.
 *
 * @source http://yann.lecun.com/exdb/mnist/
 */
import { FormatError } from '../../base/errors.ts';
import type { ImageSet } from '../../train/images.ts';

const UNSIGNED_BYTES = 0x08;

interface IdxArray {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** Whether bytes begin as an idx file of unsigned bytes with one dimension (labels) or three (images). */
export function isIdx(bytes: Uint8Array, dimensions: 1 | 3): boolean {
  return (
    bytes.length >= 8 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === UNSIGNED_BYTES && bytes[3] === dimensions
  );
}

/**
 * Images and their labels from a pair of idx files.
 *
 * @throws FormatError naming the file whose magic number, size or labels are wrong
 */
export function readIdx(
  images: { readonly bytes: Uint8Array; readonly file: string },
  labels: { readonly bytes: Uint8Array; readonly file: string },
): ImageSet {
  const { dimensions, data } = readArray(images.bytes, 3, images.file);
  const found = readArray(labels.bytes, 1, labels.file);
  const [count, rows, columns] = dimensions as [number, number, number]; // three were asked for
  if (rows !== columns)
    throw new FormatError(`images: expected square images, got ${rows} x ${columns} (${images.file})`, images.file);
  if (found.data.length !== count)
    throw new FormatError(
      `images: ${count} images (${images.file}) but ${found.data.length} labels (${labels.file}); give files of one set`,
      labels.file,
    );
  return {
    side: rows,
    channels: 1,
    classes: found.data.reduce((most, label) => Math.max(most, label), 0) + 1,
    pixels: Float32Array.from(data, (value) => value / 127.5 - 1),
    labels: Uint8Array.from(found.data),
  };
}

function readArray(bytes: Uint8Array, rank: 1 | 3, file: string): IdxArray {
  if (!isIdx(bytes, rank))
    throw new FormatError(
      `images: expected an idx file of unsigned bytes with ${rank} dimensions, magic 0x0000080${rank}, got 0x${hex(bytes)} (${file}); unpack .gz files first`,
      file,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw new FormatError(`images: the header is cut off (${file})`, file);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (size === 0 || bytes.length - header !== size)
    throw new FormatError(
      `images: the header promises ${dimensions.join(' x ')} bytes, the file has ${bytes.length - header} (${file}); it is cut off or not idx`,
      file,
    );
  return { dimensions, data: bytes.subarray(header) };
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
