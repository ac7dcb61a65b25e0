/** Distributed checkpoints made by hand, honest or lying. */
import { madeTensor, makeTorchFile } from './madeTorch.ts';
import { Call, Instance, type Made, makePickle, Tuple } from './pickle/madePickle.ts';

export interface MadeChunk {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly file?: string;
  readonly begin?: number;
  readonly byteLength?: number;
  /** Whether no file is said to hold it. */
  readonly lost?: boolean;
}

export interface MadeSaved {
  readonly shape: readonly number[];
  /** "float32" by default. */
  readonly dtype?: string;
  readonly chunks: readonly MadeChunk[];
}

export interface MadeMetadata {
  /** Keys from the root for some names; none if the planner did not flatten. */
  readonly paths?: Readonly<Record<string, readonly Made[]>>;
  readonly objects?: Readonly<Record<string, Omit<MadeChunk, 'offsets' | 'sizes'>>>;
  /** As torch names it: ["stream.zstd/1"]. */
  readonly transforms?: readonly string[];
}

const METADATA = 'torch.distributed.checkpoint.metadata';

/** The bytes of `.metadata`. Chunks lie in `__0_0.distcp` from 0 on, as long as a chunk of {@link makeChunk}, by default. */
export function makeMetadata(
  tensors: Readonly<Record<string, MadeSaved>>,
  { paths, objects = {}, transforms }: MadeMetadata = {},
): Uint8Array<ArrayBuffer> {
  const storage = new Map<Made, Made>();
  const place = (fqn: string, offsets: readonly number[] | null, chunk: Omit<MadeChunk, 'offsets' | 'sizes'>): void => {
    const index = record(METADATA, 'MetadataIndex', { fqn, offset: offsets === null ? null : size(offsets), index: 0 });
    const { file = '__0_0.distcp', begin = 0, byteLength = makeChunk([1]).length } = chunk;
    const info = {
      relative_path: file,
      offset: begin,
      length: byteLength,
      ...(transforms && { transform_descriptors: transforms }),
    };
    storage.set(index, record('torch.distributed.checkpoint.filesystem', '_StorageInfo', info));
  };
  const saved = new Map<Made, Made>();
  for (const [fqn, { shape, dtype = 'float32', chunks }] of Object.entries(tensors)) {
    const properties = new Instance(
      METADATA,
      'TensorProperties',
      new Tuple(new Call('torch', dtype), null, false, null, false),
    );
    const made = chunks.map(({ offsets, sizes }) =>
      record(METADATA, 'ChunkStorageMetadata', { offsets: size(offsets), sizes: size(sizes) }),
    );
    saved.set(fqn, record(METADATA, 'TensorStorageMetadata', { properties, size: size(shape), chunks: made }));
    for (const chunk of chunks) if (!chunk.lost) place(fqn, chunk.offsets, chunk);
  }
  for (const [fqn, chunk] of Object.entries(objects)) {
    saved.set(fqn, new Instance(METADATA, 'BytesStorageMetadata', new Map()));
    place(fqn, null, chunk);
  }
  const planned = paths && new Map(Object.entries(paths).map(([fqn, path]) => [fqn, new Tuple(...path)]));
  return makePickle(
    record(METADATA, 'Metadata', { state_dict_metadata: saved, planner_data: planned ?? null, storage_data: storage }),
  );
}

/** A chunk of float32 counting up from `first`, as torch.save writes it. */
export function makeChunk(sizes: readonly number[], first = 1): Uint8Array<ArrayBuffer> {
  const elements = sizes.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: elements }, (_, i) => first + i);
  return makeTorchFile(madeTensor({ key: '0', shape: sizes, elements }), { '0': new Uint8Array(values.buffer) });
}

function record(module: string, name: string, attributes: Readonly<Record<string, Made>>): Instance {
  return new Instance(module, name, new Map(Object.entries(attributes)));
}

function size(lengths: readonly number[]): Call {
  return new Call('torch', 'Size', [new Tuple(...lengths)]);
}
