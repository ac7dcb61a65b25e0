/** Random access to bytes: a file, a URL, a part of another source, an array in memory. */
export interface ByteSource {
  /** Path or URL, for messages. */
  readonly name: string;
  readonly byteLength: number;
  /**
   * Bytes [start, end), in memory that the caller may keep.
   *
   * @throws FormatError if the range leaves the source, or fewer bytes arrive than it promised
   */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives handles back. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Files that belong together: a folder, or the URLs beside one. */
export interface FileTree {
  /** Path or URL of the root, for messages. */
  readonly name: string;
  /** Paths of all files below the root, sorted, with forward slashes; null where they cannot be listed (http). */
  list(): Promise<readonly string[] | null>;
  /**
   * @param path below the root, with forward slashes
   * @returns null if there is no such file
   * @throws FormatError if `path` leads out of the root
   */
  open(path: string): Promise<ByteSource | null>;
}
