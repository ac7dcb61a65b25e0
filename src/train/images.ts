/** Labelled images in memory, and batches of them. No files: images come from sources or are drawn. */
import { DomainError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

/** Images of one size. */
export interface ImageSet {
  /** Pixels a side. */
  readonly side: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  readonly classes: number;
  /** (count, side, side, channels), about in [-1, 1]. */
  readonly pixels: Float32Array;
  /** (count,), below `classes`. */
  readonly labels: Uint8Array;
}

/** Indices into a set, in the order of the batch. */
export interface ImageBatch {
  readonly images: ImageSet;
  readonly chosen: readonly number[];
}

/** Batches of images drawn with equal chance from `set`. */
export function imageSampler(set: ImageSet, batch: number): { draw(random: Random): ImageBatch } {
  const count = set.labels.length;
  return { draw: (random) => ({ images: set, chosen: Array.from({ length: batch }, () => random.integer(count)) }) };
}

/**
 * The first images of a set as whole batches.
 *
 * @throws DomainError if the set has fewer than one batch
 */
export function imageBatches(set: ImageSet, batch: number, images: number): readonly ImageBatch[] {
  const batches = Math.min(Math.ceil(images / batch), Math.floor(set.labels.length / batch));
  if (batches < 1)
    throw new DomainError(`images: expected at least ${batch} images to validate on, got ${set.labels.length}`);
  return Array.from({ length: batches }, (_, k) => ({
    images: set,
    chosen: Array.from({ length: batch }, (_, i) => k * batch + i),
  }));
}

/**
 * Pixels of a batch cut into patches, time-major: row (patch * batch + image) holds one patch, its rows behind each other.
 *
 * @param out (patches * batch, patch^2 channels)
 */
export function loadPatches({ images, chosen }: ImageBatch, patch: number, out: Float32Array): void {
  const { side, channels, pixels } = images;
  const across = side / patch;
  const length = patch * patch * channels;
  for (const [i, index] of chosen.entries())
    for (let p = 0; p < across * across; p++)
      for (let r = 0; r < patch; r++) {
        const [top, left] = [Math.floor(p / across) * patch + r, (p % across) * patch];
        const from = ((index * side + top) * side + left) * channels;
        const to = (p * chosen.length + i) * length + r * patch * channels;
        out.set(pixels.subarray(from, from + patch * channels), to);
      }
}
