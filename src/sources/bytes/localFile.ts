/** Files of this machine. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { FormatError, UsageError } from '../../base/errors.ts';
import type { ByteSource } from './byteSource.ts';
import { allocateBytes, requireRange } from './range.ts';
import { systemFailure } from './systemFailure.ts';

/** The operating system moves less than 2 GiB a call. */
const BYTES_A_READ = 1 << 30;

/**
 * Opens a file for reading at any place.
 *
 * @param name how messages call it; its path by default
 * @throws UsageError if it is missing, cannot be read, or is a folder, pipe or device
 */
export async function openFile(path: string, name: string = path): Promise<ByteSource> {
  const handle = await openRegular(path, name);
  const byteLength = (await handle.stat()).size;
  return {
    name,
    byteLength,
    slice: async (start, end) => {
      requireRange({ name, byteLength }, start, end);
      const bytes = allocateBytes(name, end - start);
      await fill(handle, bytes, start, name);
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Looks before opening, for opening a pipe waits for its other end. */
async function openRegular(path: string, name: string): Promise<FileHandle> {
  try {
    const kind = await stat(path);
    if (kind.isFile()) return await open(path, 'r');
    const got = kind.isDirectory() ? 'a folder' : 'a pipe or device';
    throw new UsageError(`${name}: expected a file, got ${got}; name a file`);
  } catch (error) {
    throw systemFailure(error, name, 'a file');
  }
}

async function fill(handle: FileHandle, bytes: Uint8Array, start: number, name: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const wanted = Math.min(bytes.length - done, BYTES_A_READ);
    const read = await readAt(handle, bytes, done, wanted, start + done, name);
    if (read === 0)
      throw new FormatError(
        `${name}: expected bytes up to ${start + bytes.length}, got ${start + done}; the file was cut while it was read`,
        name,
      );
    done += read;
  }
}

async function readAt(
  handle: FileHandle,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
  name: string,
): Promise<number> {
  try {
    return (await handle.read(bytes, offset, length, position)).bytesRead;
  } catch (error) {
    throw systemFailure(error, name, `bytes at ${position}`);
  }
}
