/** An instance of the kernels with memory that grows as needed and is given back when it was large. */
import { EngineError } from '../base/errors.ts';

/** Exports of `kernels/index.ts`; addresses are bytes in the instance's memory. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  packAcross32: Pack;
  packAcross64: Pack;
  packAlong32: Pack;
  packAlong64: Pack;
  addGram(packed: number, side: number, depth: number, gram: number, doubled: number): void;
  mirrorDiagonalBlocks(gram: number, size: number): void;
  bandScratchBytes(size: number): number;
  reduceToBand(gram: number, size: number, band: number, scratch: number): void;
  reduceToTridiagonal(band: number, n: number, diagonal: number, offDiagonal: number, scratch: number): void;
  tridiagonalEigenvalues(diagonal: number, offDiagonal: number, n: number): number;
  bisectEigenvalues(
    diagonal: number,
    offDiagonal: number,
    n: number,
    positions: number,
    count: number,
    values: number,
    scratch: number,
  ): void;
  reduceToBidiagonal(
    a: number,
    m: number,
    n: number,
    row: number,
    u: number,
    uRow: number,
    v: number,
    d: number,
    e: number,
    w: number,
  ): void;
  multiplyReflections(vectors: number, count: number, shift: number, row: number, out: number, rows: number): void;
  bidiagonalScratchBytes(n: number): number;
  bidiagonalVectors(
    d: number,
    e: number,
    n: number,
    left: number,
    leftRow: number,
    right: number,
    rightRow: number,
    scratch: number,
  ): number;
  addTransposedProduct(
    x: number,
    xRow: number,
    y: number,
    yRow: number,
    depth: number,
    m: number,
    c: number,
    scratch: number,
  ): void;
  productScratchBytes(): number;
}

type Pack = (raw: number, side: number, depth: number, packed: number, scale1: number, scale2: number) => void;

/** One set of kernels; serves one matrix at a time. */
export interface Kernels {
  /**
   * The functions and at least `bytes` of zero or stale memory above heapBase().
   *
   * @throws EngineError if the memory is not to be had
   */
  reserve(bytes: number): KernelExports;
  /** Drops the memory if it has grown beyond what is worth keeping between matrices. */
  trim(): void;
}

/** Memory kept between calls: enough for a smaller side of about 5000. */
const KEPT_BYTES = 128 * 2 ** 20;

const PAGE = 65536;

/** @param module from kernelModule(), possibly received from another thread */
export function createKernels(module: WebAssembly.Module): Kernels {
  let live: KernelExports | undefined;
  return {
    reserve(bytes) {
      // The module's exports are what kernels/index.ts declares.
      live ??= new WebAssembly.Instance(module).exports as unknown as KernelExports;
      const missing = live.heapBase() + bytes - live.memory.buffer.byteLength;
      if (missing > 0) grow(live.memory, missing);
      return live;
    },
    trim() {
      if (live && live.memory.buffer.byteLength > KEPT_BYTES) live = undefined;
    },
  };
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  try {
    memory.grow(Math.ceil(bytes / PAGE));
  } catch (cause) {
    const megabytes = Math.ceil(bytes / 2 ** 20);
    throw new EngineError(
      `singular values: another ${megabytes} MiB of WebAssembly memory were refused; use a smaller matrix or fewer workers`,
      { cause },
    );
  }
}
