/** The files behind `--images PATH...`: CIFAR-10 binary batches, or a pair of MNIST idx files. */
import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import { isCifar10, readCifar10 } from '../sources/images/cifar10.ts';
import { isIdx, readIdx } from '../sources/images/idx.ts';
import type { ImageSet } from '../train/images.ts';

/**
 * @param paths CIFAR-10 files in any number, or one idx file of images and one of labels in either order
 * @throws UsageError if they are something else, FormatError naming what is wrong in a file
 */
export function openImages(paths: readonly string[]): ImageSet {
  const files = paths.map((file) => ({ file, bytes: bytesOf(file) }));
  const pixels = files.find(({ bytes }) => isIdx(bytes, 3));
  const labels = files.find(({ bytes }) => isIdx(bytes, 1));
  if (pixels && labels && files.length === 2) return readIdx(pixels, labels);
  if (pixels || labels)
    throw new UsageError(
      `--images: idx files come as two, images and labels; got ${files.length} (${paths.join(', ')})`,
    );
  const wrong = files.find(({ bytes }) => !isCifar10(bytes));
  if (wrong)
    throw new UsageError(
      `--images: ${wrong.file} is neither a CIFAR-10 binary file nor an idx file of MNIST; unpack archives first`,
    );
  return joined(files.map(({ bytes, file }) => readCifar10(bytes, file)));
}

function bytesOf(file: string): Uint8Array {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`--images: there is no file ${file}; check the path`);
  if (!found.isFile()) throw new UsageError(`--images: ${file} is no file; name the files in it`);
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError(`--images: ${file} cannot be read; check its permissions`, { cause });
  }
}

/** One set of all; they have the same size. */
function joined(sets: readonly ImageSet[]): ImageSet {
  const [first] = sets;
  if (!first) throw new UsageError('--images: expected at least one file');
  const total = sets.reduce((sum, { labels }) => sum + labels.length, 0);
  const pixels = new Float32Array(total * first.side ** 2 * first.channels);
  const labels = new Uint8Array(total);
  let [pixelsDone, labelsDone] = [0, 0];
  for (const set of sets) {
    pixels.set(set.pixels, pixelsDone);
    labels.set(set.labels, labelsDone);
    pixelsDone += set.pixels.length;
    labelsDone += set.labels.length;
  }
  return { ...first, pixels, labels };
}
