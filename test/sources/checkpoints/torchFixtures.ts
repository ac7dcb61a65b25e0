/** The files of fixtures/checkpoints/{torch,distributed,deepspeed}, with what PyTorch and DeepSpeed have in them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CheckpointTensor, CheckpointValue, TensorDtype } from '../../../src/sources/checkpoints/checkpoint.ts';
import { isFloatDtype } from '../../../src/sources/checkpoints/elements.ts';
import type { ExampleCheckpoint, ExampleTensor } from './readerContract.ts';

const folder = fileURLToPath(new URL('../../../fixtures/checkpoints/', import.meta.url));

/** Text, numbers, lists and objects; a tensor is `{tensor: shape, dtype, sha256}`, a long integer `{integer: text}`. */
export type ExpectedTree =
  | null
  | boolean
  | number
  | string
  | readonly ExpectedTree[]
  | { readonly [key: string]: ExpectedTree };

/** By file or folder. */
export function readExpected(file: string): Readonly<Record<string, ExpectedTree>> {
  return JSON.parse(readFileSync(folder + file, 'utf8'));
}

export function readCheckpointFixture(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(folder + path));
}

/** All files below a folder, by their paths in it. */
export function readCheckpointFolder(path: string): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const files = readdirSync(folder + path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => `${entry.parentPath}/${entry.name}`.slice(`${folder}${path}/`.length));
  return Object.fromEntries(names.sort().map((name) => [name, readCheckpointFixture(`${path}/${name}`)]));
}

/** @param skipped names of what the reader has to leave out */
export function torchExample(
  file: string,
  { expected = 'expected.json', skipped = [] }: { expected?: string; skipped?: readonly string[] } = {},
): ExampleCheckpoint {
  const tree = readExpected(`torch/${expected}`)[file] ?? null;
  const root = Array.isArray(tree) || !isTensor(tree) ? tree : { value: tree };
  return {
    label: file,
    files: { [file]: readCheckpointFixture(`torch/${file}`) },
    main: file,
    tensors: tensorsOf(root),
    skipped,
  };
}

export function distributedExample(name: string): ExampleCheckpoint {
  const files = readCheckpointFolder(`distributed/${name}`);
  const tensors = tensorsOf(readExpected('distributed/expected.json')[name] ?? null);
  return { label: name, files, main: Object.keys(files)[0] ?? '', tensors, skipped: [] };
}

/** The tensors of a tree, by their paths joined by dots. */
export function tensorsOf(tree: ExpectedTree, path: readonly string[] = []): Readonly<Record<string, ExampleTensor>> {
  if (tree === null || typeof tree !== 'object') return {};
  if (!isTensor(tree))
    return Object.assign({}, ...Object.entries(tree).map(([key, value]) => tensorsOf(value, [...path, key])));
  const { tensor, dtype, sha256 } = tree as { tensor: number[]; dtype: TensorDtype; sha256: string | null };
  return { [path.join('.')]: { shape: tensor, dtype, values: null, sha256 } };
}

/** SHA-256 of all elements by the path joined by dots, of the tensors whose elements are read. */
export async function hashesOf(tensors: readonly CheckpointTensor[]): Promise<Readonly<Record<string, string>>> {
  const hashes: [string, string][] = [];
  for (const tensor of tensors.filter(({ dtype }) => isFloatDtype(dtype)))
    hashes.push([
      tensor.path.join('.'),
      createHash('sha256')
        .update(await tensor.read())
        .digest('hex'),
    ]);
  return Object.fromEntries(hashes);
}

/** What {@link hashesOf} has to be. */
export function expectedHashes(tree: ExpectedTree): Readonly<Record<string, string>> {
  const hashes = Object.entries(tensorsOf(tree)).map(([path, { sha256 }]) => [path, sha256 ?? ''] as const);
  return Object.fromEntries(hashes.filter(([, hash]) => hash !== ''));
}

/** A tree of a checkpoint as {@link ExpectedTree}, without hashes. */
export function plainTree(value: CheckpointValue): ExpectedTree {
  if (typeof value === 'bigint') return { integer: String(value) };
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plainTree(item)]));
  if ('kind' in value) return { tensor: [...value.shape], dtype: value.dtype };
  return [...(value as readonly CheckpointValue[])].map(plainTree); // all else is above
}

/** The tree without the hashes of its tensors. */
export function withoutHashes(tree: ExpectedTree): ExpectedTree {
  if (tree === null || typeof tree !== 'object') return tree;
  if (Array.isArray(tree)) return tree.map(withoutHashes);
  const entries = Object.entries(tree).filter(([key]) => !(key === 'sha256' && isTensor(tree)));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutHashes(value)]));
}

function isTensor(tree: ExpectedTree): boolean {
  return typeof tree === 'object' && tree !== null && Object.hasOwn(tree, 'tensor') && Object.hasOwn(tree, 'dtype');
}
