/**
 * Files of torch.save: .pt, .pth, .bin, whatever they are called.
 *
 * 1. The zip's directory and data.pkl are read; no storage is.
 * 2. The pickle is read as data (pickle/unpickle.ts): a name outside of the closed list refuses the file.
 * 3. Each tensor is checked to lie within its storage, and its storage within the file.
 *
 * Older and other files that torch.load would read are recognised to be refused with what to do.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import type { Checkpoint } from './checkpoint.ts';
import { isPickle } from './pickle/unpickle.ts';
import type { FileReader } from './reader.ts';
import { isTorchArchive, openTorchArchive, type TorchArchive } from './torch/torchArchive.ts';
import { torchTree } from './torch/torchTree.ts';
import { openZip } from './zipArchive.ts';
import { isZip, LOCAL_BYTES } from './zipDirectory.ts';

export const torchFile: FileReader = {
  format: 'torch',
  recognises: async (source) => {
    if (await isZip(source)) return await isZipOfTorch(source);
    return (await oldFormat(source)) !== null;
  },
  open: async (source) => {
    const old = (await isZip(source)) ? null : await oldFormat(source);
    if (old !== null)
      throw new FormatError(`${source.name}: expected a file of torch.save since PyTorch 1.6, got ${old}`, source.name);
    const archive = await openTorchArchive(source);
    const close = async (): Promise<void> => {
      await archive.close();
      await source.close();
    };
    return { name: source.name, format: 'torch', ...rootTree(archive), close };
  },
};

/** A damaged archive that begins with data.pkl, as torch's do, is torch's: opening it tells what is wrong. */
async function isZipOfTorch(source: ByteSource): Promise<boolean> {
  try {
    return isTorchArchive(await openZip(source));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const head = await source.slice(0, Math.min(source.byteLength, 512));
    return /^[^/]+\/data\.pkl/.test(new TextDecoder('latin1').decode(head.subarray(LOCAL_BYTES)));
  }
}

/** A checkpoint's root is a map: a list gets its indices as keys, a single tensor or value the key "value". */
function rootTree(archive: TorchArchive): Pick<Checkpoint, 'tree' | 'tensors' | 'skipped'> {
  const { value, tensors, skipped } = torchTree(archive);
  if (value instanceof Map) return { tree: value, tensors, skipped };
  if (Array.isArray(value)) return { tree: new Map(value.map((item, i) => [String(i), item])), tensors, skipped };
  const named = torchTree(archive, ['value']);
  return { ...named, tree: new Map([['value', named.value]]) };
}

/** LONG1 of ten bytes, 0x1950a86a20f9469cfc6c, right after PROTO 2. */
const LEGACY_MAGIC = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const LEGACY_TAR = ['sys_info', 'pickle', 'storages', 'tensors'];
const RESAVE = 'torch.save(torch.load(path, weights_only=True), other_path) with a PyTorch of today writes one';

/** What a file of Python is that is not torch's zip, with what to do; null if it is something else. */
async function oldFormat(source: ByteSource): Promise<string | null> {
  const head = await source.slice(0, Math.min(source.byteLength, 512));
  if (LEGACY_MAGIC.every((byte, i) => head[i] === byte)) return `the format before 1.6; ${RESAVE}`;
  if (isPickle(head)) return 'a plain pickle; save it with torch.save, which keeps tensors beside the pickle';
  const text = new TextDecoder('latin1').decode(head);
  const isTar = text.slice(257, 262) === 'ustar';
  const name = text.slice(0, text.indexOf('\0'));
  return isTar && LEGACY_TAR.includes(name.replace(/^\.\//, '').replace(/\/.*$/, ''))
    ? `the tar format before 0.1.10; ${RESAVE}`
    : null;
}
