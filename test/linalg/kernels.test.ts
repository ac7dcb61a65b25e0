import { expect, test } from 'vitest';
import { kernelModule } from '../../src/linalg/kernelModule.ts';
import { createKernels } from '../../src/linalg/kernels.ts';

const MIB = 2 ** 20;

test('memory grows to what is asked for and no further', () => {
  const kernels = createKernels(kernelModule());
  const { memory, heapBase } = kernels.reserve(3 * MIB);
  const size = memory.buffer.byteLength;
  expect(size).toBeGreaterThanOrEqual(heapBase() + 3 * MIB);
  expect(size).toBeLessThan(4 * MIB);
  kernels.trim();
  expect(kernels.reserve(2 * MIB).memory).toBe(memory);
  expect(memory.buffer.byteLength).toBe(size);
});

test('memory of a large matrix is given back', () => {
  const kernels = createKernels(kernelModule());
  const large = kernels.reserve(200 * MIB).memory;
  kernels.trim();
  const small = kernels.reserve(MIB).memory;
  expect(small).not.toBe(large);
  expect(small.buffer.byteLength).toBeLessThan(2 * MIB);
});

test('memory that cannot be had is an EngineError', () => {
  const message =
    'singular values: another 8192 MiB of WebAssembly memory were refused; use a smaller matrix or fewer workers';
  expect(() => createKernels(kernelModule()).reserve(8192 * MIB)).toThrow(
    expect.objectContaining({ tag: 'EngineError', message }),
  );
});
