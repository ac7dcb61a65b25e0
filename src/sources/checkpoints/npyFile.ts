/** A single array of NumPy: a tree with one tensor, named after the file. */
import { FormatError } from '../../base/errors.ts';
import type { SkippedTensor } from './checkpoint.ts';
import { isNpy, readNpyArray } from './npyArray.ts';
import type { FileReader } from './reader.ts';

export const npyFile: FileReader = {
  format: 'npy',
  recognises: isNpy,
  open: async (source) => {
    const array = await readNpyArray(source, stemOf(source.name));
    if (array.kind === 'unreadable')
      throw new FormatError(`${source.name}: expected an array of numbers, got one ${array.reason}`, source.name);
    const { tensor, bytesLeft } = array;
    return {
      name: source.name,
      format: 'npy',
      tree: new Map([[tensor.path[0]!, tensor]]), // its name is its path
      tensors: [tensor],
      skipped: bytesLeft > 0 ? [bytesBehind(bytesLeft)] : [],
      close: () => source.close(),
    };
  },
};

/** "blocks.0.attn.q" of "run/blocks.0.attn.q.npy" */
function stemOf(path: string): string {
  return path.replace(/^.*[/\\]/s, '').replace(/\.npy$/i, '');
}

/** numpy.save may be called several times on one open file. */
function bytesBehind(bytes: number): SkippedTensor {
  return { name: 'what follows', shape: null, reason: `${bytes} bytes behind the first array` };
}
