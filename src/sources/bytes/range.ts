/** What every source of bytes checks before it takes memory. */
import { FormatError } from '../../base/errors.ts';
import { formatBytes } from '../../base/numbers.ts';
import type { ByteSource } from './byteSource.ts';

/** @throws FormatError unless 0 <= start <= end <= byteLength, all integers */
export function requireRange(
  { name, byteLength }: Pick<ByteSource, 'name' | 'byteLength'>,
  start: number,
  end: number,
): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= byteLength)
    return;
  throw new FormatError(
    `${name}: expected a range within ${byteLength} bytes, got bytes ${start} to ${end}; the file is truncated or its offsets are wrong`,
    name,
  );
}

/**
 * Memory for bytes of a source.
 *
 * @throws FormatError if this machine cannot hold so many in one array
 */
export function allocateBytes(name: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new FormatError(
      `${name}: expected to hold ${formatBytes(length)} at once, got no memory for them; read a smaller part`,
      name,
      { cause: error },
    );
  }
}
