/** Files of torch.save made by hand, honest or lying, and the pickles of tensors in them. */
import { makeZip } from './madeZip.ts';
import { Call, type Made, makePickle, Persistent, Tuple } from './pickle/madePickle.ts';

export interface MadeTensor {
  readonly key: string;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  /** Elements the storage is said to hold. */
  readonly elements: number;
  /** "Float" by default. */
  readonly storage?: string;
}

/** torch._utils._rebuild_tensor_v2 of a storage. */
export function madeTensor({ key, shape, strides, offset = 0, elements, storage = 'Float' }: MadeTensor): Call {
  const rowMajor = shape.map((_, i) => shape.slice(i + 1).reduce((product, length) => product * length, 1));
  return new Call('torch._utils', '_rebuild_tensor_v2', [
    new Persistent(new Tuple('storage', new Call('torch', `${storage}Storage`), key, 'cpu', elements)),
    offset,
    new Tuple(...shape),
    new Tuple(...(strides ?? rowMajor)),
    false,
    new Call('collections', 'OrderedDict', []),
  ]);
}

/** @param storages bytes by key */
export function makeTorchFile(
  value: Made,
  storages: Readonly<Record<string, Uint8Array>> = {},
  { root = 'archive', more = {} }: { root?: string; more?: Readonly<Record<string, Uint8Array>> } = {},
): Uint8Array<ArrayBuffer> {
  const entries = { 'data.pkl': makePickle(value), ...more };
  for (const [key, data] of Object.entries(storages)) Object.assign(entries, { [`data/${key}`]: data });
  return makeZip(Object.entries(entries).map(([name, data]) => ({ name: `${root}/${name}`, data })));
}

/** A file with one float32 tensor of one element for each name. */
export function torchFileOfNames(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const tensor = madeTensor({ key: '0', shape: [1], elements: 1 });
  return makeTorchFile(new Map(names.map((name) => [name, tensor])), { '0': new Uint8Array(4) });
}
