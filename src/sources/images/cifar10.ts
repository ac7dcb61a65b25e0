/**
 * CIFAR-10, binary version: records of one label and 3072 pixels, a plane of 32 x 32 for red, green and blue each.
 *
 * @source https://www.cs.toronto.edu/~kriz/cifar.html
 */
import { FormatError } from '../../base/errors.ts';
import type { ImageSet } from '../../train/images.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASSES = 10;

/** Whether bytes can be such a file: their length says so, and nothing else in the format does. */
export function isCifar10(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length % RECORD === 0;
}

/** @throws FormatError if the length is no multiple of a record, or a label is above 9 */
export function readCifar10(bytes: Uint8Array, file: string): ImageSet {
  if (!isCifar10(bytes))
    throw new FormatError(
      `images: expected CIFAR-10 records of ${RECORD} bytes, got ${bytes.length} bytes (${file}); give the binary version's .bin files`,
      file,
    );
  const count = bytes.length / RECORD;
  const pixels = new Float32Array(count * PLANE * 3);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = bytes[i * RECORD]!;
    if (label >= CLASSES)
      throw new FormatError(`images: record ${i} has label ${label}, expected 0 to 9 (${file}); is it CIFAR-10?`, file);
    labels[i] = label;
    for (let channel = 0; channel < 3; channel++)
      for (let p = 0; p < PLANE; p++)
        pixels[(i * PLANE + p) * 3 + channel] = bytes[i * RECORD + 1 + channel * PLANE + p]! / 127.5 - 1;
  }
  return { side: SIDE, channels: 3, classes: CLASSES, pixels, labels };
}
