/** Real files with seeded damage: what a broken disk, a cut connection or a liar makes of them. */
import type { Random } from '../../../src/base/random.ts';

export interface Mutant {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The damage in words, to find it again. */
  readonly damage: string;
}

/** One to four damages, one after the other, most of them where headers and directories stand. */
export function mutate(bytes: Uint8Array, random: Random): Mutant {
  let mutant: Uint8Array<ArrayBuffer> = bytes.slice();
  const damages: string[] = [];
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const [name, damage] = DAMAGES[random.integer(DAMAGES.length)]!; // within the list
    const at = mutant.length === 0 ? 0 : placeIn(mutant.length, random);
    mutant = damage(mutant, at, random);
    damages.push(`${name} at ${at}`);
  }
  return { bytes: mutant, damage: damages.join(', ') };
}

/** Half of the places are among the first or last bytes. */
function placeIn(length: number, random: Random): number {
  const edge = Math.min(length, EDGE_BYTES);
  const kind = random.integer(4);
  if (kind === 0) return random.integer(edge);
  if (kind === 1) return length - 1 - random.integer(edge);
  return random.integer(length);
}

const EDGE_BYTES = 512;
const LONGEST_BLOCK = 300;

type Damage = (bytes: Uint8Array<ArrayBuffer>, at: number, random: Random) => Uint8Array<ArrayBuffer>;

const DAMAGES: readonly (readonly [name: string, damage: Damage])[] = [
  ['flipped bit', flipBit],
  ['other byte', otherByte],
  ['cut', (bytes, at) => bytes.slice(0, at)],
  ['lost block', (bytes, at, random) => joined(bytes.subarray(0, at), bytes.subarray(at + blockLength(random)))],
  ['repeated block', repeatBlock],
  ['moved block', moveBlock],
  ['large number', largeNumber],
  ['other digits', otherDigits],
];

function flipBit(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random.integer(8));
  return bytes;
}

function otherByte(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.integer(256)][random.integer(6)]!;
  return bytes;
}

function repeatBlock(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  const block = bytes.slice(at, at + blockLength(random));
  const copies = Array.from({ length: 1 + random.integer(20) }, () => block);
  return joined(bytes.subarray(0, at), ...copies, bytes.subarray(at));
}

function moveBlock(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  const from = bytes.length === 0 ? 0 : placeIn(bytes.length, random);
  bytes.copyWithin(at, from, from + blockLength(random));
  return bytes;
}

/** What a length of 16, 32 or 64 bits may pretend. */
function largeNumber(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  const value = [0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n][
    random.integer(7)
  ]!;
  const size = [2, 4, 8][random.integer(3)]!;
  for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

/** The next number written in digits becomes another one. */
function otherDigits(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  const begin = bytes.findIndex((byte, i) => i >= at && isDigit(byte));
  if (begin < 0) return bytes;
  let end = begin;
  while (end < bytes.length && isDigit(bytes[end]!)) end++;
  const numbers = [
    '-1',
    '0',
    '1',
    '1.5',
    '1e9',
    '99999999',
    '9007199254740993',
    '1e400',
    '""',
    '[]',
    'null',
    String(random.integer(1000)),
  ];
  const number = new TextEncoder().encode(numbers[random.integer(numbers.length)]!);
  return joined(bytes.subarray(0, begin), number, bytes.subarray(end));
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function blockLength(random: Random): number {
  return 1 + random.integer(LONGEST_BLOCK);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
