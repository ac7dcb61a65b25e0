/**
 * Objects of a distributed checkpoint: learning rates, steps, names, each by torch.save, often thousands of a kilobyte.
 *
 * Neighbours in a file are read together.
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { bytesInMemory } from '../../bytes/bytesInMemory.ts';
import type { SkippedTensor } from '../checkpoint.ts';
import type { RankFiles } from '../rankFiles.ts';
import { openTorchArchive } from '../torch/torchArchive.ts';
import { type TorchTree, torchTree } from '../torch/torchTree.ts';
import type { SavedObject } from './metadata.ts';

/** Objects by their names, and what was left out. */
export interface ReadObjects {
  readonly trees: ReadonlyMap<string, TorchTree>;
  readonly skipped: readonly SkippedTensor[];
}

/** Larger ones are states of data loaders and layers, not options of an optimizer. */
const MAX_OBJECT_BYTES = 1_048_576;
/** All objects together, which stay in memory. */
const MAX_TOTAL_BYTES = 67_108_864;
/** What is read at once. */
const SPAN_BYTES = 4_194_304;
/** What is read for nothing rather than asked for separately. */
const MAX_GAP_BYTES = 4096;

/**
 * @param paths keys of each object from the root of the tree, by its name
 * @throws FormatError if a file is missing or too short
 */
export async function readObjects(
  files: RankFiles,
  objects: readonly SavedObject[],
  paths: ReadonlyMap<string, readonly string[]>,
): Promise<ReadObjects> {
  const skipped: SkippedTensor[] = [];
  const trees = new Map<string, TorchTree>();
  for (const span of spansOf(withinLimits(objects, skipped))) {
    const source = await files.source(span.file);
    const bytes = await source.slice(span.begin, span.end);
    for (const object of span.objects) {
      const own = bytes.slice(object.begin - span.begin, object.begin - span.begin + object.byteLength);
      try {
        const archive = await openTorchArchive(bytesInMemory(`${source.name}: ${printable(object.fqn)}`, own));
        trees.set(object.fqn, torchTree(archive, paths.get(object.fqn)));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        skipped.push({ name: object.fqn, shape: null, reason: error.message }); // nothing else depends on it
      }
    }
  }
  return { trees, skipped };
}

function withinLimits(objects: readonly SavedObject[], skipped: SkippedTensor[]): readonly SavedObject[] {
  let total = 0;
  return objects.filter(({ fqn, byteLength }) => {
    const fits = byteLength <= MAX_OBJECT_BYTES && total + byteLength <= MAX_TOTAL_BYTES;
    if (fits) total += byteLength;
    else skipped.push({ name: fqn, shape: null, reason: `an object of ${byteLength} bytes, not a tensor` });
    return fits;
  });
}

/** Bytes [begin, end) of a file, with the objects in them. */
export interface ObjectSpan {
  readonly file: string;
  readonly begin: number;
  readonly end: number;
  readonly objects: readonly SavedObject[];
}

/** Ranges of bytes to read, each once. */
export function spansOf(objects: readonly SavedObject[]): readonly ObjectSpan[] {
  const spans: { file: string; begin: number; end: number; objects: SavedObject[] }[] = [];
  for (const object of objects.toSorted((a, b) => (a.file === b.file ? a.begin - b.begin : a.file < b.file ? -1 : 1))) {
    const { file, begin, byteLength } = object;
    const end = begin + byteLength;
    const span = spans.at(-1);
    if (span?.file === file && begin <= span.end + MAX_GAP_BYTES && end <= span.begin + SPAN_BYTES) {
      span.end = Math.max(span.end, end);
      span.objects.push(object);
    } else spans.push({ file, begin, end, objects: [object] });
  }
  return spans;
}
