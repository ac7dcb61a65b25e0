/** What every reader of a checkpoint format has to do, whatever the format. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { FormatError, MuonscopeError } from '../../../src/base/errors.ts';
import type { ByteSource, FileTree } from '../../../src/sources/bytes/byteSource.ts';
import type {
  Checkpoint,
  CheckpointFormat,
  CheckpointTensor,
  TensorDtype,
} from '../../../src/sources/checkpoints/checkpoint.ts';
import { isFloatDtype } from '../../../src/sources/checkpoints/elements.ts';
import type { FileReader, FolderReader } from '../../../src/sources/checkpoints/reader.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';

/** Files that belong together, and the one a file reader is given. */
export interface ExampleFiles {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly main: string;
}

/** What another program reads in them. */
export interface ExampleCheckpoint extends ExampleFiles {
  readonly label: string;
  readonly tensors: Readonly<Record<string, ExampleTensor>>;
  /** Names of what is left out. */
  readonly skipped: readonly string[];
}

export interface ExampleTensor {
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /** Flattened, row-major; null where they are no floating numbers, or known by their hash. */
  readonly values: Float64Array | null;
  /** Of all elements as {@link CheckpointTensor.read} gives them, little-endian. */
  readonly sha256?: string | null;
}

/** Lies a file can tell. */
const LIES = [
  'a header longer than the file',
  'a shape larger than the data',
  'an absurd shape',
  'a negative dimension',
  'a dimension that is no integer',
  'data outside of the file',
  'tensors that overlap',
] as const;
export type Lie = (typeof LIES)[number];

/** A file with the lie, and a part of the sentence that refuses it; or why the format cannot tell it. */
export type LyingFile = { readonly file: ExampleFiles; readonly message: string } | { readonly impossible: string };

export interface ReaderCase {
  readonly format: CheckpointFormat;
  readonly examples: readonly ExampleCheckpoint[];
  readonly lies: Readonly<Record<Lie, LyingFile>>;
  /** A file with one float32 tensor of one element for each name; null if the format keeps no names. */
  readonly named: ((names: readonly string[]) => ExampleFiles) | null;
  readonly recognises: (tree: FileTree, main: string) => Promise<boolean>;
  readonly open: (tree: FileTree, main: string) => Promise<Checkpoint>;
}

/** How the suite uses a reader of single files: who opened the file closes it where the reader refuses it. */
export function withFileReader(reader: FileReader): Pick<ReaderCase, 'format' | 'recognises' | 'open'> {
  const using = async <T>(tree: FileTree, main: string, use: (source: ByteSource) => Promise<T>): Promise<T> => {
    const source = await tree.open(main);
    if (source === null) throw new Error(`the example lacks ${main}`);
    try {
      return await use(source);
    } catch (error) {
      await source.close();
      throw error;
    }
  };
  return {
    format: reader.format,
    recognises: (tree, main) =>
      using(tree, main, async (source) => {
        const isKnown = await reader.recognises(source);
        await source.close();
        return isKnown;
      }),
    open: (tree, main) => using(tree, main, (source) => reader.open(source, tree)),
  };
}

/** How the suite uses a reader of folders. */
export function withFolderReader(reader: FolderReader): Pick<ReaderCase, 'format' | 'recognises' | 'open'> {
  return {
    format: reader.format,
    recognises: async (tree) => await reader.recognises(tree, (await tree.list()) ?? []),
    open: async (tree) => await reader.open(tree),
  };
}

/** Declares the suite for one reader. */
export function readerContract({ format, examples, lies, named, recognises, open }: ReaderCase): void {
  const openFiles = ({ files, main }: ExampleFiles) => open(treeInMemory(files), main);

  describe.each(examples.map((example) => [example.label, example] as const))(`${format}: %s`, (_, example) => {
    test('is recognised, and lists its tensors without reading them', async () => {
      expect(await recognises(treeInMemory(example.files), example.main)).toBe(true);
      const checkpoint = await openFiles(example);
      expect(checkpoint.format).toBe(format);
      const listed = checkpoint.tensors.map(({ path, shape, dtype }) => [path.join('.'), { shape, dtype }]);
      const told = Object.entries(example.tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]);
      expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(told));
      expect(listed.length).toBe(told.length);
      for (const tensor of checkpoint.tensors) expect(nodeAt(checkpoint, tensor)).toBe(tensor);
      await checkpoint.close();
    });

    test('holds nothing open once it is closed', async () => {
      const tree = treeInMemory(example.files);
      await recognises(tree, example.main);
      expect(tree.unclosed.size).toBe(0);
      const checkpoint = await open(tree, example.main);
      expect(tree.unclosed.size).toBeGreaterThan(0);
      await checkpoint.close();
      expect(tree.unclosed.size).toBe(0);
    });

    test('gives the values that another program reads, to the last bit', async () => {
      const checkpoint = await openFiles(example);
      for (const tensor of checkpoint.tensors) {
        const { values, sha256 = null } = example.tensors[tensor.path.join('.')]!; // the names are equal
        if (values === null && sha256 === null) continue;
        const read = await tensor.read();
        expect(read.constructor).toBe(tensor.dtype === 'float64' ? Float64Array : Float32Array);
        if (values !== null) expect(firstDifference(read, values)).toBeNull();
        if (sha256 !== null)
          expect(createHash('sha256').update(read).digest('hex'), tensor.path.join('.')).toBe(sha256);
      }
    });

    test('gives in ranges what it gives as a whole', async () => {
      const checkpoint = await openFiles(example);
      for (const tensor of checkpoint.tensors.filter(({ dtype }) => isFloatDtype(dtype))) {
        const whole = await tensor.read();
        for (const [begin, end] of rangesOf(whole.length))
          expect(firstDifference(await tensor.read(begin, end), whole.slice(begin, end))).toBeNull();
        await expect(tensor.read(0, whole.length + 1)).rejects.toThrow(MuonscopeError);
      }
    });

    test('refuses to read what is no floating number, and lists what it leaves out with the reason', async () => {
      const checkpoint = await openFiles(example);
      for (const tensor of checkpoint.tensors.filter(({ dtype }) => !isFloatDtype(dtype)))
        await expect(tensor.read()).rejects.toThrow(
          'expected one of float64, float32, float16, bfloat16, float8_e4m3fn, float8_e5m2',
        );
      expect(checkpoint.skipped.map(({ name }) => name)).toEqual(example.skipped);
      for (const { reason } of checkpoint.skipped) expect(reason).toMatch(/\w/);
    });

    test('cut off anywhere is refused with a sentence, when opened or when read', async () => {
      for (const [path, bytes] of Object.entries(example.files))
        for (const length of cutsOf(bytes.length)) {
          const cut = { ...example, files: { ...example.files, [path]: bytes.slice(0, length) } };
          await expect(
            readAll(() => openFiles(cut)),
            `${path} cut at ${length}`,
          ).rejects.toThrow(MuonscopeError);
        }
    });
  });

  const told = LIES.flatMap((lie) => ('file' in lies[lie] ? [[lie, lies[lie]] as const] : []));
  test.each(told)(
    `${format} refuses %s before memory is taken, and holds nothing open`,
    async (_, { file, message }) => {
      const tree = treeInMemory(file.files);
      const opening = open(tree, file.main);
      await expect(opening).rejects.toThrow(FormatError);
      await expect(opening).rejects.toThrow(message);
      expect(tree.unclosed.size).toBe(0);
    },
  );

  test(`${format} does not recognise nothing, zeros or text, and refuses to open them`, async () => {
    const main = Object.keys(examples[0]?.files ?? {})[0] ?? 'file';
    for (const bytes of [new Uint8Array(0), new Uint8Array(5000), new TextEncoder().encode('only a few words')]) {
      const tree = treeInMemory({ [main]: bytes });
      expect(await recognises(tree, main)).toBe(false);
      await expect(open(tree, main)).rejects.toThrow(MuonscopeError);
    }
  });

  if (named === null) return;
  test(`${format} takes names as they are, whatever they would do elsewhere`, async () => {
    const names = ['__proto__', 'constructor', '', '../../etc/passwd', '\u001b[31m\n', 'grüße 注意 🙂', 'a.b', '0'];
    const checkpoint = await openFiles(named(names));
    expect(checkpoint.tensors.map(({ path }) => path.join('.')).sort()).toEqual([...names].sort());
    for (const tensor of checkpoint.tensors) expect((await tensor.read()).length).toBe(1);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
}

/** The node of the tree at a tensor's path. */
function nodeAt({ tree }: Checkpoint, { path }: CheckpointTensor): unknown {
  return path.reduce<unknown>(
    (node, key) => (node instanceof Map ? node.get(key) : Array.isArray(node) ? node[Number(key)] : undefined),
    tree,
  );
}

async function readAll(opening: () => Promise<Checkpoint>): Promise<void> {
  const { tensors } = await opening();
  for (const tensor of tensors) if (isFloatDtype(tensor.dtype)) await tensor.read();
}

/** Index and values where two arrays differ, NaN equal to NaN and -0 unlike 0; null if nowhere. */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): string | null {
  if (a.length !== b.length) return `${a.length} values instead of ${b.length}`;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return `${a[i]} instead of ${b[i]} at ${i}`;
  return null;
}

function rangesOf(length: number): readonly (readonly [number, number])[] {
  const cuts = [0, 1, 2, 3, 7, Math.floor(length / 2), length - 1, length].filter((cut) => cut >= 0 && cut <= length);
  return cuts.flatMap((begin) => cuts.filter((end) => end >= begin).map((end) => [begin, end] as const));
}

/** Every length near the beginning and the end, some between. */
function cutsOf(length: number): readonly number[] {
  return Array.from({ length }, (_, i) => i).filter((i) => i < 40 || i >= length - 40 || i % 23 === 0);
}
