/** A shard as the format describes it, its header open to change. */
export function shardOf(
  tokens: readonly number[],
  header: readonly number[] = [20240520, 1, tokens.length],
): Uint8Array {
  const bytes = new Uint8Array(1024 + 2 * tokens.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of header.entries()) view.setInt32(4 * i, word, true);
  for (const [i, token] of tokens.entries()) view.setUint16(1024 + 2 * i, token, true);
  return bytes;
}
