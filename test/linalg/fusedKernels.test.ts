import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { jacobiSvd } from '../../src/linalg/jacobi.ts';
import { fusedKernelModule, plainKernelModule } from '../../src/linalg/kernelModule.ts';
import { createKernels } from '../../src/linalg/kernels.ts';
import { drawMatrix } from '../../src/linalg/randomMatrix.ts';
import { allSingularValues } from '../../src/linalg/spectrumSummary.ts';

if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

describe('the two builds of the kernels', () => {
  const fused = fusedKernelModule();

  test('both compile here', () => {
    expect(fused).not.toBeNull();
  });

  test.each([
    [16, 16],
    [65, 40],
    [40, 130],
    [128, 128],
  ])('agree with one-sided Jacobi rotations on %i x %i', (rows, columns) => {
    const matrix = drawMatrix({ rows, columns, entries: { name: 'gaussian' }, seed: 7, index: 0 });
    const exact = jacobiSvd(matrix).sigma;
    for (const module of [plainKernelModule(), fused!]) {
      const found = allSingularValues(createKernels(module), matrix);
      const errors = exact.map((sigma, i) => Math.abs(found[i]! - sigma) / exact[0]!);
      expect(Math.max(...errors)).toBeLessThan(2e-8);
    }
  });
});
