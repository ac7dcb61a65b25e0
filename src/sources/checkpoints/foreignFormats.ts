/** Formats that are recognised only to be refused with what to do instead. */
import type { ByteSource } from '../bytes/byteSource.ts';

/** What a file or folder is, and what to do: the second half of a sentence. */
interface ForeignFormat {
  readonly name: string;
  readonly remedy: string;
}

interface ForeignFile extends ForeignFormat {
  /** @param head the first 512 bytes, or fewer; @param tail the last 8 */
  readonly is: (head: Uint8Array, tail: Uint8Array) => boolean;
}

interface ForeignFolder extends ForeignFormat {
  readonly is: (paths: readonly string[]) => boolean;
}

/** "HDF5; save ..."; null if the file is of none of these formats. */
export async function foreignFile(source: ByteSource): Promise<string | null> {
  const { byteLength } = source;
  const head = await source.slice(0, Math.min(byteLength, 512));
  const tail = await source.slice(Math.max(0, byteLength - 8), byteLength);
  return inWords(FILES.find(({ is }) => is(head, tail)));
}

/** As {@link foreignFile}, by the files below the folder. */
export function foreignFolder(paths: readonly string[]): string | null {
  return inWords(FOLDERS.find(({ is }) => is(paths)));
}

function inWords(format: ForeignFormat | undefined): string | null {
  return format === undefined ? null : `${format.name}; ${format.remedy}`;
}

const NO_OPTIMIZER = 'it holds no momentum: name the checkpoint that the training goes on from';
const SAVE_ARRAYS = "save the optimizer's arrays with numpy.savez or as safetensors";
const ORBAX: ForeignFormat = {
  name: 'a checkpoint of Orbax',
  remedy: `restore it with orbax.checkpoint and ${SAVE_ARRAYS}`,
};
const TENSORFLOW: ForeignFormat = {
  name: 'a checkpoint of TensorFlow',
  remedy: `read it with tf.train.load_checkpoint and ${SAVE_ARRAYS}`,
};

/** Each by the signature of its specification. */
const FILES: readonly ForeignFile[] = [
  { name: 'HDF5', remedy: `read it with h5py or Keras and ${SAVE_ARRAYS}`, is: begins('\x89HDF\r\n\x1a\n') },
  { name: 'GGUF', remedy: NO_OPTIMIZER, is: begins('GGUF') },
  { name: 'ONNX', remedy: NO_OPTIMIZER, is: isOnnx },
  { ...ORBAX, is: begins('\x0c\xdb\x3a\x2a') }, // manifest.ocdbt
  { ...TENSORFLOW, is: (_, tail) => text(tail) === '\x57\xfb\x80\x8b\x24\x75\x47\xdb' }, // table of the .index file
  {
    name: 'a pointer of Git LFS',
    remedy: 'fetch the file itself with git lfs pull',
    is: begins('version https://git-lfs'),
  },
  { name: 'a web page', remedy: 'check the address, or log in and download the file', is: isWebPage },
  { name: 'gzip', remedy: 'unpack it', is: begins('\x1f\x8b') },
  { name: 'zstd', remedy: 'unpack it', is: begins('\x28\xb5\x2f\xfd') },
  { name: 'a tar archive', remedy: 'unpack it', is: (head) => text(head.subarray(257, 262)) === 'ustar' },
];

const FOLDERS: readonly ForeignFolder[] = [
  { ...ORBAX, is: (paths) => paths.some((path) => /(^|\/)(manifest\.ocdbt|_CHECKPOINT_METADATA)$/.test(path)) },
  { ...TENSORFLOW, is: (paths) => paths.some((path) => /\.data-\d{5}-of-\d{5}$|(^|\/)saved_model\.pb$/.test(path)) },
  {
    name: 'a store of Zarr',
    remedy: `read it with zarr and ${SAVE_ARRAYS}`,
    is: (paths) => paths.some((path) => /(^|\/)(\.zarray|zarr\.json)$/.test(path)),
  },
];

function begins(signature: string): ForeignFile['is'] {
  return (head) => text(head.subarray(0, signature.length)) === signature;
}

/** Protobuf: ir_version as field 1, then one of the text and message fields of ModelProto. */
function isOnnx(head: Uint8Array): boolean {
  const [tag, version = 0, next = 0] = head;
  return tag === 0x08 && version >= 1 && version < 32 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next);
}

function isWebPage(head: Uint8Array): boolean {
  return /^\s*<(!doctype html|html)/i.test(text(head));
}

/** A character a byte. */
function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
