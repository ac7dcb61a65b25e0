/**
 * Ensembles of random matrices with independent entries, the null model of momentum matrices.
 *
 * An ensemble is a distribution of entries, a seed, an aspect ratio and a number of matrices for each smaller
 * dimension. Its members are descriptions; linalg/randomMatrix.ts draws them where they are needed.
 *
 * Source: Selvaraj 2025, arXiv:2505.04005.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError, UsageError } from '../base/errors.ts';
import type { EntryDistribution, RandomMatrix } from '../linalg/matrix.ts';

/** Matrices of one shape. */
export interface EnsembleSize {
  /** The smaller dimension. */
  readonly rows: number;
  readonly columns: number;
  readonly matrices: number;
}

/** What decides every entry of every member. */
export interface RandomEnsemble {
  readonly entries: EntryDistribution;
  readonly seed: number;
  /** Ascending in `rows`, each once. */
  readonly sizes: readonly EnsembleSize[];
}

export interface EnsembleOptions {
  readonly entries?: EntryDistribution;
  readonly seed?: number;
  /** Larger over smaller dimension, at least 1. */
  readonly aspect?: number;
  /** Matrices of every size; {@link usualMatrices} of each if left out. */
  readonly matrices?: number | undefined;
}

/** Most matrices of one size: their results are kept until the means are taken. */
const MOST_MATRICES = 100_000;
/** Largest ratio of the dimensions: beyond it the normalised spectrum is flat to 1 %. */
const LARGEST_ASPECT = 1e4;
/** Expected nonzero entries a row below which rows of zeros shape the spectrum. */
const LEAST_NONZEROS = 8;
/** Entries of all matrices of one size where the number is not given; with these bounds 512 at 128 and 8 at 8192. */
const ENTRIES_A_ROW = 65536;
const [FEWEST, MOST] = [8, 512];

const DISTRIBUTIONS: Readonly<Record<EntryDistribution['name'], string>> = {
  gaussian: 'gaussian',
  uniform: 'uniform',
  student: 'student:DOF such as student:5',
  sparse: 'sparse:DENSITY such as sparse:0.1',
};

/**
 * The ensemble of matrices with these smaller dimensions.
 *
 * @param sizes in any order
 * @throws DomainError if a size is below 2 or no integer or comes twice, or an option is outside its range
 */
export function createEnsemble(
  sizes: readonly number[],
  { entries = { name: 'gaussian' }, seed = 1, aspect = 1, matrices }: EnsembleOptions = {},
): RandomEnsemble {
  if (sizes.length === 0) throw new DomainError('random matrices: expected at least one size, got none');
  if (!(aspect >= 1 && aspect <= LARGEST_ASPECT))
    throw new DomainError(
      `random matrices: the aspect ratio, larger over smaller dimension, must lie between 1 and ${LARGEST_ASPECT}, ` +
        `got ${aspect}${aspect > 0 && aspect < 1 ? `; use ${Number((1 / aspect).toPrecision(6))}, a transpose has the same spectrum` : ''}`,
    );
  for (const size of sizes) requireInteger('random matrices', 'a size', size, 2);
  if (matrices !== undefined) requireInteger('random matrices', 'matrices', matrices);
  if (matrices !== undefined && matrices > MOST_MATRICES)
    throw new DomainError(`random matrices: at most ${MOST_MATRICES} matrices of a size can be drawn, got ${matrices}`);
  const ascending = [...sizes].sort((a, b) => a - b);
  const twice = ascending.find((size, i) => size === ascending[i - 1]);
  if (twice !== undefined) throw new DomainError(`random matrices: size ${twice} is listed twice; list each size once`);
  requireEntries(entries, ascending[0]!);
  return { entries, seed, sizes: ascending.map((rows) => ensembleSize(rows, aspect, matrices)) };
}

/** `matrices` of one shape, their number by {@link usualMatrices} where it is not given. */
export function ensembleSize(rows: number, aspect: number, matrices: number | undefined): EnsembleSize {
  return { rows, columns: Math.round(rows * aspect), matrices: matrices ?? usualMatrices(rows) };
}

/** 65536 / rows, at least 8 and at most 512: as many as arXiv:2505.04005 draws at either end of 128 to 8192. */
export function usualMatrices(rows: number): number {
  return Math.min(Math.max(Math.round(ENTRIES_A_ROW / rows), FEWEST), MOST);
}

/** Whether matrices with this smaller dimension have enough nonzero entries a row for a limit law to mean something. */
export function isDenseEnough(entries: EntryDistribution, rows: number): boolean {
  return entries.name !== 'sparse' || entries.density * rows >= LEAST_NONZEROS;
}

/**
 * E x^4 / (E x^2)^2 - 3 of an entry: how finite matrices depart from the limit law depends on it.
 *
 * @returns Infinity for Student's t with up to 4 degrees of freedom
 */
export function excessKurtosis(entries: EntryDistribution): number {
  switch (entries.name) {
    case 'gaussian':
      return 0;
    case 'uniform':
      return -6 / 5;
    case 'student':
      return entries.dof > 4 ? 6 / (entries.dof - 4) : Number.POSITIVE_INFINITY;
    case 'sparse':
      return 3 / entries.density - 3;
    default:
      return entries satisfies never;
  }
}

/** Member `index` of an ensemble's matrices of one shape. */
export function memberOf(
  { entries, seed }: Pick<RandomEnsemble, 'entries' | 'seed'>,
  { rows, columns }: Pick<EnsembleSize, 'rows' | 'columns'>,
  index: number,
): RandomMatrix {
  return { rows, columns, entries, seed, index };
}

/**
 * "gaussian", "uniform", "student:5", "sparse:0.1".
 *
 * @throws UsageError listing the distributions there are
 * @throws DomainError if the parameter is outside its range
 */
export function parseEntries(text: string): EntryDistribution {
  const [name = '', parameter, ...rest] = text.trim().split(':');
  const value = parameter === undefined || parameter.trim() === '' || rest.length > 0 ? Number.NaN : Number(parameter);
  const bare = parameter === undefined;
  if ((name === 'gaussian' || name === 'uniform') && bare) return { name };
  if (name === 'student' && !Number.isNaN(value)) return checked({ name, dof: value });
  if (name === 'sparse' && !Number.isNaN(value)) return checked({ name, density: value });
  throw new UsageError(
    `random matrices: unknown distribution "${text}"; there are ${Object.values(DISTRIBUTIONS).join(', ')}`,
  );
}

/** "student:5": what {@link parseEntries} reads. */
export function formatEntries(entries: EntryDistribution): string {
  switch (entries.name) {
    case 'student':
      return `student:${entries.dof}`;
    case 'sparse':
      return `sparse:${entries.density}`;
    default:
      return entries.name;
  }
}

function checked(entries: EntryDistribution): EntryDistribution {
  if (entries.name === 'student' && !(entries.dof > 2 && Number.isFinite(entries.dof)))
    throw new DomainError(
      `random matrices: student needs more than 2 degrees of freedom for a finite variance, got ${entries.dof}`,
    );
  if (entries.name === 'sparse' && !(entries.density > 0 && entries.density <= 1))
    throw new DomainError(`random matrices: the density must lie in (0, 1], got ${entries.density}`);
  return entries;
}

/** Entries in range, and sparse ones dense enough for the smallest size. */
function requireEntries(entries: EntryDistribution, smallest: number): void {
  checked(entries);
  if (entries.name === 'sparse' && !isDenseEnough(entries, smallest))
    throw new DomainError(
      `random matrices: density ${entries.density} leaves ${entries.density * smallest} nonzero entries a row at size ` +
        `${smallest}, at least ${LEAST_NONZEROS} are needed; raise the density or leave out the size`,
    );
}
