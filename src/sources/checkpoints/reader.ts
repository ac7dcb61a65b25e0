/** What a format's reader is: it recognises its files by content, then opens them. One reader a file of this folder. */
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import type { Checkpoint, CheckpointFormat } from './checkpoint.ts';

/** Opens checkpoints of one file. */
export interface FileReader {
  readonly format: CheckpointFormat;
  /** Looks at a few bytes; never throws for bytes of another format. */
  recognises(source: ByteSource): Promise<boolean>;
  /**
   * @param beside the folder of the file, for formats whose index names other files
   * @throws FormatError if the file is not as the format promises, before memory is taken for what it claims
   */
  open(source: ByteSource, beside: FileTree): Promise<Checkpoint>;
}

/** Opens checkpoints that are a folder. */
export interface FolderReader {
  readonly format: CheckpointFormat;
  /** @param paths of all files below the root */
  recognises(tree: FileTree, paths: readonly string[]): Promise<boolean>;
  /** @throws FormatError as FileReader */
  open(tree: FileTree): Promise<Checkpoint>;
}
