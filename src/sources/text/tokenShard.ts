/**
 * Token shards: `.bin` files of a header of 256 little-endian int32 (magic, version, token count, zeros) and as many
 * uint16 tokens as the header counts.
 *
 * @source llm.c, dev/data/data_common.py, GPT-2 layout: magic 20240520, version 1
 */
import { FormatError } from '../../base/errors.ts';

const MAGIC = 20240520;
const VERSION = 1;
const HEADER_BYTES = 1024;
/** GPT-2's tokenizer, which this layout was made for. */
export const GPT2_VOCABULARY = 50257;

/**
 * The tokens of one shard.
 *
 * @param vocabulary every token must be below it
 * @param file the shard's name, for messages
 * @throws FormatError if header, size or a token is not as the format promises
 */
export function parseTokenShard(bytes: Uint8Array, vocabulary: number, file: string): Uint16Array {
  const refuse = (problem: string): FormatError => new FormatError(`token shard: ${problem} (${file})`, file);
  if (bytes.length < HEADER_BYTES)
    throw refuse(`expected a header of ${HEADER_BYTES} bytes, got a file of ${bytes.length}; the file is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [magic, version, count] = [0, 4, 8].map((offset) => view.getInt32(offset, true)) as [number, number, number];
  if (magic !== MAGIC) throw refuse(`expected magic ${MAGIC}, got ${magic}; the file is not a shard of uint16 tokens`);
  if (version !== VERSION) throw refuse(`expected version ${VERSION}, got ${version}; convert the shard`);
  const expected = HEADER_BYTES + 2 * count;
  if (count < 1 || bytes.length !== expected)
    throw refuse(
      `the header counts ${count} tokens, which needs ${expected} bytes, got ${bytes.length}; write it anew`,
    );
  const tokens = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const token = view.getUint16(HEADER_BYTES + 2 * i, true);
    if (token >= vocabulary)
      throw refuse(
        `token ${i} is ${token}, expected less than the vocabulary of ${vocabulary}; use the right vocabulary`,
      );
    tokens[i] = token;
  }
  return tokens;
}
