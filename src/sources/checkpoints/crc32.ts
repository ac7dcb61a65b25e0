/** CRC-32 as zip and gzip use it (ISO 3309, polynomial 0xEDB88320 reflected), unsigned. */

/**
 * @param crc of the bytes before, 0 at the beginning
 * @returns of the bytes before and `bytes`
 * @example updateCrc32(0, new TextEncoder().encode('123456789')) // 0xcbf43926
 */
export function updateCrc32(crc: number, bytes: Uint8Array): number {
  let c = ~crc;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
