/** Time of schedule design and of the precision model, and the model against an emulation at 512 x 512. */
import { alignments } from '../src/newtonSchulz/alignment.ts';
import { scheduleOf } from '../src/newtonSchulz/catalogue.ts';
import { designForSpectrum } from '../src/newtonSchulz/designForSpectrum.ts';
import { emulate } from '../src/newtonSchulz/emulate.ts';
import { precisionFloor, precisionModel } from '../src/newtonSchulz/precisionModel.ts';
import { measuredSpectrum } from '../src/newtonSchulz/quantileSpectrum.ts';
import { REMEDIES } from '../src/newtonSchulz/remedy.ts';
import { OBJECTIVES } from '../src/newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../src/planner/forecastSpectrum.ts';
import { publishedLaws } from '../src/scaling/published/publishedLaws.ts';
import { knownMatrix, outlierSpectrum } from '../test/newtonSchulz/decompositions.ts';

const SIDE = 512;

function milliseconds(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

const finalO = forecastSpectrum(publishedLaws(), { role: 'attn.o', depth: 1, params: 300e9 });
for (const objective of OBJECTIVES)
  for (const products of [15, 30]) {
    const time = milliseconds(() => designForSpectrum(finalO, products, { objective, precision: 'bf16' }));
    console.log(`design ${objective}, ${products} products: ${time.toFixed(0)} ms (required: below 1000)`);
  }
console.log(
  `precisionFloor: ${milliseconds(() => precisionFloor(scheduleOf('jordan'), finalO, 'bf16')).toFixed(1)} ms`,
);

const { matrix, decomposition } = knownMatrix(SIDE, SIDE, outlierSpectrum(SIDE, 0.98, 1e-3, 1e-5), 1);
const schedule = scheduleOf('deepseek-v4');
const spectrum = measuredSpectrum(decomposition.sigma, SIDE, SIDE);
const quantiles = Array.from({ length: 80 }, (_, k) => (k + 0.5) / 80);
for (const remedy of REMEDIES) {
  const start = performance.now();
  const kept = alignments(matrix, emulate(matrix, schedule, { precision: 'bf16', remedy }), decomposition);
  const time = performance.now() - start;
  const outputs = precisionModel(spectrum, 'bf16', { remedy }).outputs(schedule, quantiles);
  const modelled = mean(outputs.map(({ output }) => output));
  console.log(
    `bf16, ${remedy}: emulated ${mean(kept).toFixed(3)}, modelled ${modelled.toFixed(3)}, ${time.toFixed(0)} ms`,
  );
}
