/** A ladder of runs that were trained elsewhere, with a known power law in its spectra. */
import { join } from 'node:path';
import { RECORD_QUANTILES, type Spectrum } from '../../src/spectra/spectrum.ts';
import { createStudy } from '../../src/store/studyFolder.ts';
import { observedStudy, spectrumAt, temporaryFolder } from '../store/exampleRecords.ts';

/** values[q] = (1 - q / 2) params^-EXPONENT. */
export const EXPONENT = 0.3;

const MATRICES = [
  ['attn.q', (width: number) => [width, width]],
  ['mlp.up', (width: number) => [4 * width, width]],
] as const;

/** The spectra of one run of two layers. */
export function ladderSpectra(run: string, width: number, steps: readonly number[]): Spectrum[] {
  const params = 24 * width ** 2;
  return steps.flatMap((step) =>
    [0, 1].flatMap((layer) =>
      MATRICES.map(([role, shape]) => ({
        ...spectrumAt(step, `layers.${layer}.${role}`),
        run,
        params,
        nonEmbeddingParams: params,
        role,
        layer,
        depth: (layer + 1) / 2,
        stage: 'buffer' as const,
        shape: shape(width) as [number, number],
        spectral: 0.9,
        values: RECORD_QUANTILES.map((q) => (1 - q / 2) * params ** -EXPONENT),
      })),
    ),
  );
}

/** Writes runs of the given widths, each with its steps, and gives the folder; one of the running test if left out. */
export function observedLadder(
  runs: readonly (readonly [width: number, steps: readonly number[]])[],
  folder: string = join(temporaryFolder(), 'out'),
): string {
  const writer = createStudy(folder, observedStudy);
  for (const [width, steps] of runs) {
    const spectra = ladderSpectra(`w${width}`, width, steps);
    const { run, params, nonEmbeddingParams } = spectra[0]!;
    const recorder = writer.openObservedRun({
      schema: 'muonscope.run/1',
      origin: 'observed',
      run,
      params,
      nonEmbeddingParams,
    });
    for (const spectrum of spectra) recorder.append(spectrum);
    recorder.close();
  }
  writer.close();
  return folder;
}
