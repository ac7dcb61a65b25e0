/**
 * The zip file that torch.save has written since PyTorch 1.6: `<root>/data.pkl` says what there is, `<root>/data/<key>`
 * are the raw bytes of storages, `<root>/byteorder` their byte order. The root may have any name.
 *
 * @source torch 2.15, torch/serialization.py (_save, _load) and caffe2/serialize/inline_container.cc
 */
import { FormatError } from '../../../base/errors.ts';
import { formatBytes } from '../../../base/numbers.ts';
import { printable } from '../../../base/printable.ts';
import type { ByteSource } from '../../bytes/byteSource.ts';
import type { PickleValue } from '../pickle/pickleValue.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { openZip, type ZipArchive } from '../zipArchive.ts';

export interface TorchArchive {
  /** Of the file, for messages. */
  readonly name: string;
  /** What data.pkl holds. */
  readonly value: PickleValue;
  /** Length of data.pkl. */
  readonly pickleBytes: number;
  readonly bigEndian: boolean;
  /** Bytes of a storage, not read yet; null if there is none of this key. */
  storage(key: string): ByteSource | null;
  /** Closes storages, not the file. */
  close(): Promise<void>;
}

/** Bytes of data.pkl: 200 for a tensor, so this is two million of them. */
const MAX_PICKLE_BYTES = 536_870_912;

/**
 * Opens what torch.save wrote. Reads data.pkl and no storage.
 *
 * @throws FormatError if it is damaged, a TorchScript or exported program, or its pickle is refused
 */
export async function openTorchArchive(source: ByteSource): Promise<TorchArchive> {
  const zip = await openZip(source);
  const root = rootOf(zip);
  refusePrograms(zip, root, source.name);
  const pickle = zip.open(`${root}/data.pkl`);
  if (pickle === null)
    throw new FormatError(
      `${source.name}: expected ${printable(root)}/data.pkl as torch.save writes it, got no such entry; the file is damaged`,
      source.name,
    );
  const bytes = await readSmall(pickle, MAX_PICKLE_BYTES, 'split the checkpoint into several files');
  const storages = new Map<string, ByteSource | null>();
  return {
    name: source.name,
    value: unpickle(bytes, pickle.name),
    pickleBytes: bytes.length,
    bigEndian: await isBigEndian(zip, root),
    storage: (key) => {
      const storage = storages.get(key) ?? zip.open(`${root}/data/${key}`);
      storages.set(key, storage);
      return storage;
    },
    close: async () => {
      for (const storage of storages.values()) await storage?.close();
    },
  };
}

/** Whether these are names of an archive that torch wrote, programs included. */
export function isTorchArchive(zip: ZipArchive): boolean {
  const root = rootOf(zip);
  return ['data.pkl', 'constants.pkl', 'archive_format'].some((name) => zip.entries.has(`${root}/${name}`));
}

/** The folder all entries are in. */
function rootOf(zip: ZipArchive): string {
  const [first = ''] = zip.entries.keys();
  return first.slice(0, Math.max(0, first.indexOf('/')));
}

/** Programs hold code, and their weights in an order of their own. */
function refusePrograms(zip: ZipArchive, root: string, name: string): void {
  const isScript = zip.entries.has(`${root}/constants.pkl`);
  if (!isScript && !zip.entries.has(`${root}/archive_format`)) return;
  const [what, remedy] = isScript
    ? ['a TorchScript program', 'torch.save(torch.jit.load(path).state_dict(), other_path)']
    : ['a program of torch.export', 'torch.save(torch.export.load(path).state_dict, other_path)'];
  throw new FormatError(`${name}: expected a checkpoint of torch.save, got ${what}; save its weights: ${remedy}`, name);
}

async function isBigEndian(zip: ZipArchive, root: string): Promise<boolean> {
  const entry = zip.open(`${root}/byteorder`);
  if (entry === null) return false; // before torch 2.1, which wrote on little-endian machines only
  const order = new TextDecoder().decode(await readSmall(entry, 16, 'the file is damaged'));
  if (order === 'little' || order === 'big') return order === 'big';
  throw new FormatError(
    `${entry.name}: expected "little" or "big", got ${printable(order)}; the file is damaged`,
    entry.name,
  );
}

/** All bytes of an entry that is small if the file is what it says. */
async function readSmall(entry: ByteSource, limit: number, remedy: string): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.byteLength > limit)
    throw new FormatError(
      `${entry.name}: expected at most ${formatBytes(limit)}, got ${formatBytes(entry.byteLength)}; ${remedy}`,
      entry.name,
    );
  try {
    return await entry.slice(0, entry.byteLength);
  } finally {
    await entry.close();
  }
}
