/** The same kernels and the same worker pool in a browser. */
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { singularValueQuantiles, spectrumOf } from '../../src/linalg/singularValues.ts';
import { CHROMIUM_HINT, hasChromium, launchChromium } from '../chromium.ts';

// Chromium takes the fused kernels; so does Node 20 when told.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const ENTRY = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

/** The whole public entry as a script that defines window.muonscope. */
async function bundleEntry(): Promise<string> {
  const bundle = await rolldown({ input: ENTRY, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'iife', name: 'muonscope' });
  await bundle.close();
  return output[0].code;
}

/** Deterministic entries that both sides can make. */
function entries(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.sin(1 + i * i));
}

describe.skipIf(!hasChromium)(`in Chromium ${CHROMIUM_HINT}`, () => {
  test('singular values and the worker pool give the bits they give in Node', async () => {
    const browser = await launchChromium();
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => problems.push(message.text()));
    await page.addScriptTag({ content: await bundleEntry() });
    const found = await page.evaluate(async (values) => {
      const { muonscope } = globalThis as unknown as { muonscope: typeof import('../../src/index.ts') };
      const matrix = { rows: 40, columns: 70, data: Float32Array.from(values) };
      const pool = muonscope.createSpectrumPool({ workers: 2 });
      const pooled = await pool.spectrum(matrix, [0.5, 0.9]);
      await pool.close();
      return { pooled, direct: muonscope.singularValueQuantiles(matrix, [0.5, 0.9]) };
    }, entries(2800));
    await browser.close();
    const matrix = { rows: 40, columns: 70, data: Float32Array.from(entries(2800)) };
    expect(problems).toEqual([]);
    expect(found.pooled).toEqual(spectrumOf(matrix, [0.5, 0.9]));
    expect(found.direct).toEqual(singularValueQuantiles(matrix, [0.5, 0.9]));
  });
});
