import { describe, expect, test } from 'vitest';
import { MuonscopeError } from '../../../src/base/errors.ts';
import {
  shardedSafetensorsFolder,
  shardedSafetensorsIndex,
} from '../../../src/sources/checkpoints/shardedSafetensors.ts';
import { treeInMemory } from '../bytes/treeInMemory.ts';
import { makeSafetensors } from './madeFiles.ts';

const shard = (...names: string[]) =>
  makeSafetensors(
    Object.fromEntries(names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }])),
    4 * names.length,
  );
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const index = (weightMap: unknown) => json({ metadata: { total_size: 8 }, weight_map: weightMap });

async function open(files: Record<string, Uint8Array>) {
  const tree = treeInMemory(files);
  const source = await tree.open('i.json');
  return await shardedSafetensorsIndex.open(source!, tree); // every test has one
}

describe('sharded safetensors', () => {
  test('keep the order of the index and its metadata', async () => {
    const { tree } = await open({
      'i.json': index({ z: 'two', a: 'one', m: 'two' }),
      one: shard('a'),
      two: shard('m', 'z'),
    });
    expect([...tree.keys()]).toEqual(['__metadata__', 'z', 'a', 'm']);
    expect(tree.get('__metadata__')).toEqual(new Map([['total_size', 8]]));
  });

  test('list tensors that the index does not name', async () => {
    const { tensors, skipped } = await open({ 'i.json': index({ a: 'one' }), one: shard('a', 'b') });
    expect(tensors.map(({ path }) => path)).toEqual([['a']]);
    expect(skipped).toEqual([{ name: 'b', shape: [1], reason: 'in one, where the index does not name it' }]);
  });

  test('without tensors are empty', async () => {
    expect((await open({ 'i.json': index({}) })).tensors).toEqual([]);
  });

  test.each<[string, Record<string, Uint8Array>, string]>([
    [
      'a file is missing',
      { 'i.json': index({ a: 'one', b: 'two' }), one: shard('a') },
      'expected the file two beside it, found none; copy all',
    ],
    [
      'a tensor is missing',
      { 'i.json': index({ a: 'one', b: 'one' }), one: shard('a') },
      'expected b in one, found none; the files are not of one',
    ],
    [
      'a file is of another format',
      { 'i.json': index({ a: 'one' }), one: json([1]) },
      'got another format in one; name its files one by one',
    ],
    ['a file lies elsewhere', { 'i.json': index({ a: '../one' }) }, 'which leads out of it'],
    ['a file is a number', { 'i.json': index({ a: 3 }) }, 'expected a file name for each tensor, got none for a'],
    [
      'there are too many files',
      { 'i.json': index(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, `${i}`]))) },
      'expected at most 10000 files, got 10001',
    ],
    ['the index is a list', { 'i.json': json([]) }, 'expected a JSON object with weight_map'],
    ['the index is cut', { 'i.json': index({ a: 'one' }).slice(0, -2) }, 'expected JSON in UTF-8, got something else'],
    [
      'the index nests without end',
      { 'i.json': new TextEncoder().encode(`{"weight_map":{},"metadata":${'['.repeat(99_999)}${']'.repeat(99_999)}}`) },
      'expected at most 64 levels of JSON',
    ],
  ])('are refused when %s', async (_, files, message) => {
    await expect(open(files)).rejects.toThrow(MuonscopeError);
    await expect(open(files)).rejects.toThrow(message);
  });
});

describe('a folder', () => {
  const folderOf = (files: Record<string, Uint8Array>) => {
    const tree = treeInMemory(files);
    return {
      recognised: shardedSafetensorsFolder.recognises(tree, Object.keys(files)),
      open: () => shardedSafetensorsFolder.open(tree),
    };
  };

  test('is opened by its index, called as it likes, beside other JSON and the index of torch files', async () => {
    const { recognised, open } = folderOf({
      'config.json': json({ hidden_size: 8 }),
      'pytorch_model.bin.index.json': index({ a: 'torch.bin' }),
      'torch.bin': json('no safetensors'),
      'weights.json': index({ a: 'one' }),
      one: shard('a'),
    });
    expect(await recognised).toBe(true);
    expect((await open()).name).toBe('memory');
    expect((await open()).tensors.length).toBe(1);
  });

  test('with two indexes is refused, naming both', async () => {
    const { open } = folderOf({ 'a.json': index({ a: 'one' }), 'b.json': index({ a: 'one' }), one: shard('a') });
    await expect(open()).rejects.toThrow(
      'expected one index of safetensors files, found a.json, b.json; name one of them',
    );
  });

  test('whose index is damaged is recognised, so that opening it tells', async () => {
    const { recognised, open } = folderOf({ 'a.json': index({ a: 'one' }).slice(0, -1) });
    expect(await recognised).toBe(true);
    await expect(open()).rejects.toThrow('memory/a.json: expected JSON in UTF-8');
  });

  test('with an index further down is not recognised', async () => {
    expect(await folderOf({ 'sub/a.json': index({ a: 'one' }), 'sub/one': shard('a') }).recognised).toBe(false);
  });
});
