/**
 * Event files of TensorBoard: TFRecords of Event messages with one scalar each.
 *
 * A record is u64 length, masked CRC-32C of these eight bytes, the message, masked CRC-32C of the message, all
 * little-endian. Of the messages only these fields are written: Event { wall_time = 1: double, step = 2: int64,
 * file_version = 3: string, summary = 5 }, Summary { value = 1 }, Summary.Value { tag = 1: string, simple_value = 2: float }.
 *
 * Source: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
 */
import { Buffer } from 'node:buffer';
import type { SeriesStep } from './series.ts';

/**
 * The bytes of one run's event file.
 *
 * @param begun when the run began, seconds since 1970: wall times are counted from it
 */
export function formatEvents(steps: readonly SeriesStep[], begun: number): Uint8Array {
  const events = [recordOf(eventOf(begun, [text(3, 'brain.Event:2')]))];
  for (const { step, seconds, values } of steps)
    for (const [tag, value] of values) events.push(recordOf(scalarEvent(begun + (seconds ?? 0), step, tag, value)));
  return Buffer.concat(events);
}

/** Its name: readers look for "tfevents", and take files of a folder in the order of their names. */
export function eventsFileName(begun: number): string {
  return `events.out.tfevents.${Math.floor(begun)}.muonscope`;
}

/**
 * CRC-32C (Castagnoli), as RFC 3720 defines it.
 *
 * @example crc32c(new TextEncoder().encode('123456789')) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Reflected form of 0x1edc6f41. */
const POLYNOMIAL = 0x82f63b78;
/** Added to rotated checksums, so that checksums of data that holds checksums stay apart. */
const MASK = 0xa282ead8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
}

function recordOf(message: Uint8Array): Uint8Array {
  const record = Buffer.alloc(16 + message.length);
  record.writeBigUInt64LE(BigInt(message.length), 0);
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8);
  record.set(message, 12);
  record.writeUInt32LE(masked(message), 12 + message.length);
  return record;
}

function scalarEvent(wallTime: number, step: number, tag: string, value: number): Uint8Array {
  const single = Buffer.alloc(5);
  single[0] = fieldKey(2, FIXED32);
  single.writeFloatLE(value, 1);
  const summary = bytesField(1, Buffer.concat([text(1, tag), single]));
  return eventOf(wallTime, [Uint8Array.of(fieldKey(2, VARINT), ...varint(step)), bytesField(5, summary)]);
}

function eventOf(wallTime: number, fields: readonly Uint8Array[]): Uint8Array {
  const time = Buffer.alloc(9);
  time[0] = fieldKey(1, FIXED64);
  time.writeDoubleLE(wallTime, 1);
  return Buffer.concat([time, ...fields]);
}

// Wire types of protocol buffers.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function fieldKey(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function text(field: number, value: string): Uint8Array {
  return bytesField(field, Buffer.from(value));
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(fieldKey(field, BYTES), ...varint(bytes.length)), bytes]);
}

/** @param value an integer from 0 to 2^53 */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
