/** From the user's paths, or none, to the tokens of a study and the record of where they came from. */
import { createHash } from 'node:crypto';
import { UsageError } from '../../base/errors.ts';
import type { TokenSet } from '../../train/batches.ts';
import type { CorpusDescription } from './corpusDescription.ts';
import { findPackageRoot, readInstalledText } from './installedText.ts';
import { requiredTokens, splitText } from './split.ts';
import { listTextFiles, readInput, readTextFile } from './textFiles.ts';
import { GPT2_VOCABULARY, parseTokenShard } from './tokenShard.ts';

/** Bytes as tokens. */
const BYTE_VOCABULARY = 256;
/** What a study's machine can hold beside its model. */
const MAX_TOKENS = 1_000_000_000;

export interface Corpus {
  readonly description: CorpusDescription;
  readonly train: TokenSet;
  readonly validation: TokenSet;
  readonly vocabulary: number;
}

export interface CorpusOptions {
  /** Text files, folders, or `.bin` shards; none for the text of the installed dependencies. */
  readonly paths?: readonly string[];
  /** Of the split. */
  readonly seed: number;
  /** Longest sequence that will be read. */
  readonly context: number;
  /** Sequences of the validation loss; the text must have room for so many different ones. */
  readonly validationSequences?: number;
  /** Of token shards. */
  readonly vocabulary?: number;
  /** Folder of muonscope's package.json. */
  readonly packageRoot?: string;
}

/**
 * Reads a corpus.
 *
 * @throws UsageError if paths are missing, hold no text, or too little of it
 * @throws FormatError if a text is not UTF-8 or a shard is not as its format promises
 */
export function openCorpus({
  paths = [],
  seed,
  context,
  validationSequences = 1,
  vocabulary = GPT2_VOCABULARY,
  packageRoot,
}: CorpusOptions): Corpus {
  const read = paths.some(isShard) ? readShards(paths, vocabulary) : readText(paths, packageRoot);
  const { tokens } = read;
  const needed = requiredTokens(context, validationSequences);
  if (tokens.length < needed)
    throw new UsageError(
      `${paths.length === 0 ? 'text' : '--text'}: expected at least ${needed} tokens for sequences of ${context}, got ${tokens.length}; give more text`,
    );
  const { train, validation } = splitText(tokens, seed);
  const description = {
    source: read.source,
    files: read.files,
    tokens: tokens.length,
    trainTokens: countTokens(train),
    validationTokens: countTokens(validation),
    vocabulary: read.vocabulary,
    sha256: hashTokens(tokens),
  };
  return { description, train, validation, vocabulary: read.vocabulary };
}

type ReadTokens = Pick<CorpusDescription, 'source' | 'files' | 'vocabulary'> & {
  readonly tokens: Uint8Array | Uint16Array;
};

function readText(paths: readonly string[], packageRoot: string | undefined): ReadTokens {
  const texts =
    paths.length === 0 ? readInstalledText(packageRoot ?? findPackageRoot()) : listTextFiles(paths).map(readTextFile);
  const empty = texts.find(({ bytes }) => bytes.length === 0);
  if (empty !== undefined && paths.includes(empty.path))
    throw new UsageError(`--text: expected text, got an empty file (${empty.path}); leave it out`);
  return {
    source: paths.length === 0 ? 'installed dependencies' : paths.join(', '),
    files: texts.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
    vocabulary: BYTE_VOCABULARY,
    tokens: concatenate(
      texts.map(({ bytes }) => bytes),
      (length) => new Uint8Array(length),
    ),
  };
}

function readShards(paths: readonly string[], vocabulary: number): ReadTokens {
  const other = paths.find((path) => !isShard(path));
  if (other !== undefined)
    throw new UsageError(`--text: expected token shards (.bin) alone or text alone, got both (${other})`);
  const shards = listTextFiles(paths).map((path) => ({ path, bytes: readInput(path) }));
  return {
    source: paths.join(', '),
    files: shards.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
    vocabulary,
    tokens: concatenate(
      shards.map(({ path, bytes }) => parseTokenShard(bytes, vocabulary, path)),
      (length) => new Uint16Array(length),
    ),
  };
}

function isShard(path: string): boolean {
  return path.endsWith('.bin');
}

function concatenate<T extends Uint8Array | Uint16Array>(parts: readonly T[], allocate: (length: number) => T): T {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MAX_TOKENS)
    throw new UsageError(`--text: expected at most ${MAX_TOKENS} tokens, got ${length}; give fewer files`);
  const tokens = allocate(length);
  let offset = 0;
  for (const part of parts) {
    tokens.set(part, offset);
    offset += part.length;
  }
  return tokens;
}

function countTokens(set: TokenSet): number {
  return set.spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

function hashTokens(tokens: Uint8Array | Uint16Array): string {
  return createHash('sha256')
    .update(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
    .digest('hex');
}
