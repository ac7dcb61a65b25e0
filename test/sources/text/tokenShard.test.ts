import { describe, expect, it, test } from 'vitest';
import { FormatError } from '../../../src/base/errors.ts';
import { parseTokenShard } from '../../../src/sources/text/tokenShard.ts';
import { shardOf } from './exampleShard.ts';

describe('a token shard', () => {
  it('gives its tokens, unaligned bytes included', () => {
    const shard = shardOf([0, 50256, 513]);
    expect(parseTokenShard(shard, 50257, 'a.bin')).toEqual(new Uint16Array([0, 50256, 513]));
    const shifted = new Uint8Array(shard.length + 1);
    shifted.set(shard, 1);
    expect(parseTokenShard(shifted.subarray(1), 50257, 'a.bin')).toEqual(new Uint16Array([0, 50256, 513]));
  });

  test.each<[string, Uint8Array, string]>([
    ['of a few bytes', new Uint8Array(10), 'expected a header of 1024 bytes, got a file of 10; the file is cut off'],
    [
      'with another magic',
      shardOf([1], [20240801, 7, 1]),
      'expected magic 20240520, got 20240801; the file is not a shard of uint16 tokens',
    ],
    ['with another version', shardOf([1], [20240520, 2, 1]), 'expected version 1, got 2'],
    ['cut off', shardOf([1, 2, 3]).subarray(0, 1028), 'the header counts 3 tokens, which needs 1030 bytes, got 1028'],
    [
      'with bytes left over',
      shardOf([1, 2, 3], [20240520, 1, 2]),
      'the header counts 2 tokens, which needs 1028 bytes, got 1030',
    ],
    ['with a negative count', shardOf([], [20240520, 1, -1]), 'the header counts -1 tokens'],
    ['without tokens', shardOf([]), 'the header counts 0 tokens'],
    ['with a token out of range', shardOf([1, 300]), 'token 1 is 300, expected less than the vocabulary of 256'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => parseTokenShard(bytes, 256, 'a.bin')).toThrow(FormatError);
    expect(() => parseTokenShard(bytes, 256, 'a.bin')).toThrow(message);
    expect(() => parseTokenShard(bytes, 256, 'a.bin')).toThrow('(a.bin)');
  });
});
