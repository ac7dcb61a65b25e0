/** Fused matrices taken apart: as the user says, as the optimizer did, or as name and shapes leave no doubt. */
import { printable } from '../../base/printable.ts';
import { integerOf, type TreeMap } from './checkpointTree.ts';
import { type HeadCounts, knownSplit, splitOfGroup } from './knownSplits.ts';
import { type MatrixView, shapeOf } from './matrixView.ts';
import type { OwnedMatrix } from './namedTensors.ts';
import { type Part, type SplitRule, splitByRules, splitView } from './splitRules.ts';

export interface SplitContext {
  readonly rules: readonly SplitRule[];
  readonly counts: HeadCounts;
  /** Names that the user gave a role: they are what the user says, not what their name says. */
  readonly isAssigned: (parameter: string) => boolean;
  /** Last two axes of any parameter that is known. */
  readonly shapeNamed: (name: string) => readonly [number, number] | null;
}

export interface SplitMatrices {
  readonly matrices: readonly OwnedMatrix[];
  readonly notes: readonly string[];
}

/** @throws UsageError if a rule's parts do not fill a matrix it is for */
export function splitMatrices(matrices: readonly OwnedMatrix[], context: SplitContext): SplitMatrices {
  const whole = new Map<string, number>();
  const parts = matrices.flatMap((matrix) => {
    const { parts: found, note } = partsOf(matrix, context);
    const what = `${printable(matrix.place.starred)}: ${note}`;
    if (note !== null) whole.set(what, (whole.get(what) ?? 0) + 1);
    return found;
  });
  const notes = [...whole].map(
    ([what, count]) => `${count} fused ${count > 1 ? 'matrices are' : 'matrix is'} measured whole, ${what}`,
  );
  return { matrices: parts, notes };
}

function partsOf(
  matrix: OwnedMatrix,
  { rules, counts, isAssigned, shapeNamed }: SplitContext,
): { readonly parts: readonly OwnedMatrix[]; readonly note: string | null } {
  const { parameter: name, place, view, found } = matrix;
  const told = splitByRules(rules, name, view);
  if (told) return { parts: told.map((part) => withPart(matrix, part)), note: null };
  if (isAssigned(name)) return { parts: [matrix], note: null };
  const options: TreeMap = found.state.group?.options ?? new Map();
  const byGroup = splitOfGroup(options, place.role, shapeOf(view)[0]);
  const known = byGroup
    ? { role: place.role, split: byGroup, note: null }
    : knownSplit({ name, role: place.role, shape: shapeOf(view), shapeNamed }, counts);
  const heads = known?.split ? null : headViews(view, integerOf(options.get('num_heads'), 2));
  if (heads)
    return { parts: heads.map((head, i) => ({ ...matrix, name: `${matrix.name}[${i}]`, view: head })), note: null };
  if (!known) return { parts: [matrix], note: null };
  const split = known.split && splitView(known.split, view);
  if (split) return { parts: split.map((part) => withPart(matrix, part)), note: null };
  return { parts: [{ ...matrix, place: { ...place, role: known.role } }], note: known.note };
}

function withPart(matrix: OwnedMatrix, { label, role, view }: Part): OwnedMatrix {
  return { ...matrix, name: `${matrix.name}.${label}`, place: { ...matrix.place, role }, view };
}

/** Rows of every head, where microsoft/dion's num_heads has NS see them one by one. */
function headViews(view: MatrixView, heads: number | null): readonly MatrixView[] | null {
  const [rows] = shapeOf(view);
  if (heads === null || rows % heads !== 0) return null;
  const size = rows / heads;
  return Array.from({ length: heads }, (_, i) => ({ ...view, rows: [{ begin: i * size, end: (i + 1) * size }] }));
}
