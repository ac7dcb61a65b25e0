/** Files of the plain formats made by hand, honest or lying. */
import { type MadeEntry, makeZip } from './madeZip.ts';

/** A safetensors file with this header and so many zeros of data. */
export function makeSafetensors(
  header: unknown,
  dataBytes: number,
  headerLength?: number | bigint,
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** An array of NumPy with this header, a dictionary of Python as text, and so many zeros of data. */
export function makeNpy(
  header: string,
  dataBytes: number,
  { version = 1, headerLength }: { version?: number; headerLength?: number } = {},
): Uint8Array<ArrayBuffer> {
  const text = version === 3 ? new TextEncoder().encode(header) : Buffer.from(header, 'latin1');
  const lead = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(lead + text.length + dataBytes);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, headerLength ?? text.length, true);
  else view.setUint32(8, headerLength ?? text.length, true);
  bytes.set(text, lead);
  return bytes;
}

/** The header of an array. */
export function npyHeader(shape: string, descr = "'<f4'", fortranOrder = 'False'): string {
  return `{'descr': ${descr}, 'fortran_order': ${fortranOrder}, 'shape': ${shape}, }\n`;
}

/** An archive of NumPy with these arrays. */
export function makeNpz(arrays: Readonly<Record<string, Uint8Array>>, more: Partial<MadeEntry> = {}): Uint8Array {
  return makeZip(Object.entries(arrays).map(([name, data]) => ({ name: `${name}.npy`, data, ...more })));
}
