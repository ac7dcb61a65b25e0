/** What every reader of checkpoints delivers: tensors that are not read yet, in the tree the file keeps them in. */

/** Element types by their usual names. Only the floating ones can hold momentum. */
export type TensorDtype =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  /** Another one, which is not read. */
  | 'float8'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool'
  | 'other';

/** A tensor of a checkpoint, known by shape and type; its values are read on demand. */
export interface CheckpointTensor {
  readonly kind: 'tensor';
  /** Keys from the root of the tree: ["optimizer", "state", "3", "momentum_buffer"]. */
  readonly path: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /**
   * Elements [begin, end) of the flattened row-major tensor; all of them by default. float64 stays float64, every other
   * floating type becomes float32 without rounding.
   *
   * @throws FormatError if the file ends early or the dtype is not a floating one
   */
  read(begin?: number, end?: number): Promise<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>;
}

/** A node of the tree: what pickles and JSON can say, and tensors. Keys are strings; integer keys become decimal. */
export type CheckpointValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | CheckpointTensor
  | readonly CheckpointValue[]
  | ReadonlyMap<string, CheckpointValue>;

/** Formats by the name a user knows them by. */
export type CheckpointFormat =
  | 'torch'
  | 'torch-distributed'
  | 'deepspeed-zero'
  | 'safetensors'
  | 'safetensors-sharded'
  | 'npy'
  | 'npz'
  | 'muonscope';

/** Something a reader saw and left out. */
export interface SkippedTensor {
  /** Path joined by dots, or the name of the file. */
  readonly name: string;
  readonly shape: readonly number[] | null;
  readonly reason: string;
}

/** An opened checkpoint. Reading a tensor costs memory for that tensor alone. Close it when done. */
export interface Checkpoint {
  /** Path or URL as given. */
  readonly name: string;
  readonly format: CheckpointFormat;
  /** The root: nested maps and lists as the file keeps them. */
  readonly tree: ReadonlyMap<string, CheckpointValue>;
  /** Every tensor of the tree, in its order. */
  readonly tensors: readonly CheckpointTensor[];
  /** What the reader could not take in, each with its reason. */
  readonly skipped: readonly SkippedTensor[];
  close(): Promise<void>;
}
