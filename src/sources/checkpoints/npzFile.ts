/** Archives of numpy.savez and savez_compressed: a flat tree of the arrays by their names. */
import type { ByteSource } from '../bytes/byteSource.ts';
import type { CheckpointTensor, CheckpointValue, SkippedTensor } from './checkpoint.ts';
import { readNpyArray } from './npyArray.ts';
import type { FileReader } from './reader.ts';
import { openZip, type ZipArchive } from './zipArchive.ts';
import { LOCAL_BYTES, LOCAL_SIGNATURE, viewOf } from './zipDirectory.ts';

export const npzFile: FileReader = {
  format: 'npz',
  recognises: async (source) => (await firstEntryName(source))?.endsWith(SUFFIX) ?? false,
  open: async (source) => {
    const archive = await openZip(source);
    const members = await readMembers(archive);
    const tensors = members.filter((member) => 'kind' in member);
    return {
      name: source.name,
      format: 'npz',
      tree: new Map<string, CheckpointValue>(tensors.map((tensor) => [tensor.path[0]!, tensor])), // its name is its path
      tensors,
      skipped: members.filter((member) => 'reason' in member),
      close: () => source.close(),
    };
  },
};

const SUFFIX = '.npy';
/** Headers that are read at the same time, for the sake of far servers. */
const MEMBERS_AT_ONCE = 8;

/** From the local header that a zip begins with, so that a truncated file is recognised as well. */
async function firstEntryName(source: ByteSource): Promise<string | null> {
  if (source.byteLength < LOCAL_BYTES) return null;
  const view = viewOf(await source.slice(0, LOCAL_BYTES));
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return null;
  const end = Math.min(source.byteLength, LOCAL_BYTES + view.getUint16(26, true));
  return new TextDecoder().decode(await source.slice(LOCAL_BYTES, end));
}

async function readMembers(archive: ZipArchive): Promise<readonly (CheckpointTensor | SkippedTensor)[]> {
  const names = [...archive.entries.keys()];
  const members: (CheckpointTensor | SkippedTensor)[] = [];
  for (let i = 0; i < names.length; i += MEMBERS_AT_ONCE)
    members.push(...(await Promise.all(names.slice(i, i + MEMBERS_AT_ONCE).map((name) => readMember(archive, name)))));
  return members;
}

async function readMember(archive: ZipArchive, name: string): Promise<CheckpointTensor | SkippedTensor> {
  if (!name.endsWith(SUFFIX)) return { name, shape: null, reason: 'no array of NumPy' };
  const key = name.slice(0, -SUFFIX.length);
  const source = archive.open(name)!; // the name is the archive's own
  const array = await readNpyArray(source, key);
  await source.close(); // a decompressor, until the tensor is read
  return array.kind === 'array' ? array.tensor : { name: key, shape: array.shape, reason: array.reason };
}
