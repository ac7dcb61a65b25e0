/** Writes observed studies of any size, whose values follow a formula. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StudySize {
  readonly runs: number;
  /** Matrices of a run, six a layer. */
  readonly layers: number;
  readonly steps: number;
}

const ROLES = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];
const QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/** One line of spectra.jsonl, its end included. */
export function spectrumText(
  run: string,
  params: number,
  layer: number,
  layers: number,
  role: string,
  step: number,
): string {
  const values = QUANTILES.map((q, i) => 0.3 * (1 - q) ** 1.5 * (1 + 0.1 * Math.sin(step * 0.37 + layer + i)) + 1e-4);
  return `${JSON.stringify({
    ...{ schema: 'muonscope.spectrum/1', run, params, nonEmbeddingParams: params, step },
    ...{ name: `layers.${layer}.${role}`, role, layer, layers, depth: (layer + 1) / layers, stage: 'buffer' },
    ...{
      convention: 'sum',
      dtype: 'float32',
      shape: [64, 64],
      frobenius: 1,
      spectral: 0.5,
      quantiles: QUANTILES,
      values,
    },
    ...{
      smallest: 5e-5,
      stableRank: 4,
      effectiveRank: 30,
      outlierShare: 0.25,
      method: 'gram-tridiagonal-f64',
      floor: 1e-8,
    },
  })}\n`;
}

/** Writes a study into an empty folder. */
export function writeStudy(folder: string, { runs, layers, steps }: StudySize): void {
  mkdirSync(folder, { recursive: true });
  const study = { schema: 'muonscope.study-folder/1', origin: 'observed', created: '2026-01-01T00:00:00.000Z' };
  writeFileSync(join(folder, 'study.json'), JSON.stringify({ ...study, seed: 1, target: 1e9, versions: {} }));
  for (let r = 0; r < runs; r++) {
    const run = `run-${r}`;
    const params = 1e6 * (r + 1);
    mkdirSync(join(folder, 'runs', run), { recursive: true });
    const description = { schema: 'muonscope.run/1', origin: 'observed', run, params, nonEmbeddingParams: params };
    writeFileSync(join(folder, 'runs', run, 'run.json'), JSON.stringify(description));
    for (let step = 1; step <= steps; step++) {
      const lines: string[] = [];
      for (let layer = 0; layer < layers; layer++)
        for (const role of ROLES) lines.push(spectrumText(run, params, layer, layers, role, step * 10));
      appendFileSync(join(folder, 'runs', run, 'spectra.jsonl'), lines.join(''));
    }
  }
}
