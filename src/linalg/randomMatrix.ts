/**
 * Matrices of independent random entries.
 *
 * A description names its matrix completely, so a worker can draw it: nothing large is copied between threads, and the
 * numbers do not depend on how many threads there are.
 */
import { createLabelledRandom, type Random } from '../base/random.ts';
import type { EntryDistribution, Matrix, RandomMatrix } from './matrix.ts';

/**
 * The entries of a described matrix, in float32.
 *
 * @param description taken as valid, see sources/randomEnsembles.ts
 * @example drawMatrix({ rows: 2, columns: 2, entries: { name: 'gaussian' }, seed: 1, index: 0 })
 */
export function drawMatrix({ rows, columns, entries, seed, index }: RandomMatrix): Matrix {
  const random = createLabelledRandom(seed, `${entries.name} ${rows}x${columns} ${index}`);
  const draw = samplerOf(entries, random);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = draw();
  return { rows, columns, data };
}

function samplerOf(entries: EntryDistribution, random: Random): () => number {
  switch (entries.name) {
    case 'gaussian':
      return random.gaussian;
    case 'uniform':
      return () => 2 * random.uniform() - 1;
    case 'student':
      return () => studentT(entries.dof, random);
    case 'sparse':
      return () => (random.uniform() < entries.density ? random.gaussian() : 0);
    default:
      return entries satisfies never;
  }
}

/**
 * Student's t with real degrees of freedom, by the polar method.
 *
 * @source Bailey 1994, Mathematics of Computation 62 (206)
 */
function studentT(dof: number, random: Random): number {
  for (;;) {
    const u = 2 * random.uniform() - 1;
    const v = 2 * random.uniform() - 1;
    const w = u * u + v * v;
    if (w > 0 && w < 1) return u * Math.sqrt((dof * (w ** (-2 / dof) - 1)) / w);
  }
}
