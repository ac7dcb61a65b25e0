/** Where the tokens came from, so that the same corpus can be recognised again. */
export interface CorpusDescription {
  /** "installed dependencies", the paths given, or the shards. */
  readonly source: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly tokens: number;
  readonly trainTokens: number;
  readonly validationTokens: number;
  readonly vocabulary: number;
  /** SHA-256 over the tokens: bytes of text, little-endian uint16 of shards. */
  readonly sha256: string;
}
