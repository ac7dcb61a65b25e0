/** Metadata of ranks that saved without talking to each other: each lists the chunks of its own. */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { sameLengths } from '../torch/torchTensor.ts';
import type { DistributedMetadata, SavedObject, SavedTensor, StoredChunk } from './metadata.ts';

/**
 * One metadata of all ranks. What several ranks saved, equal objects and copies of a chunk, is taken of the first.
 *
 * @param ranks in their order
 * @param where the folder, for messages
 * @throws FormatError if ranks saved a tensor with different shapes or dtypes
 */
export function joinMetadata(ranks: readonly DistributedMetadata[], where: string): DistributedMetadata {
  const tensors = new Map<string, SavedTensor>();
  const chunks = new Map<string, Map<string, StoredChunk>>();
  const objects = new Map<string, SavedObject>();
  for (const [rank, metadata] of ranks.entries()) {
    for (const tensor of metadata.tensors) {
      const { fqn, shape, dtype } = tensor;
      const first = tensors.get(fqn) ?? tensor;
      tensors.set(fqn, first);
      if (!sameLengths(first.shape, shape) || first.dtype !== dtype)
        throw new FormatError(
          `${where}: expected ${printable(fqn)} as ${first.dtype} of shape [${first.shape}] in every rank's metadata, got ${dtype} of shape [${shape}] from rank ${rank}; the files are of different checkpoints`,
          where,
        );
      const own = chunks.get(fqn) ?? new Map<string, StoredChunk>();
      for (const chunk of tensor.chunks) {
        const place = `${chunk.offsets} ${chunk.sizes}`;
        own.set(place, own.get(place) ?? chunk);
      }
      chunks.set(fqn, own);
    }
    for (const object of metadata.objects) if (!objects.has(object.fqn)) objects.set(object.fqn, object);
  }
  return {
    tensors: [...tensors.values()].map((tensor) => ({
      ...tensor,
      chunks: [...(chunks.get(tensor.fqn)?.values() ?? [])],
    })),
    objects: [...objects.values()],
    skipped: ranks.flatMap(({ skipped }) => skipped),
  };
}
