/** Fused matrices that the user splits: "--split NAME=q:1024,k:256,v:256". */
import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { type MatrixView, type Range, shapeOf } from './matrixView.ts';
import { nameFits } from './namePattern.ts';

export type Axis = 'rows' | 'columns';

/** A part of a fused matrix. */
export interface SplitPart {
  /** Behind the name, e.g. "q". */
  readonly label: string;
  readonly role: string;
  /** Rows or columns in one repeat; null for an equal share. */
  readonly size: number | null;
}

/** How a fused matrix is put together along one axis. */
export interface Split {
  /** null: the axis that the parts fill; rows where both do. */
  readonly axis: Axis | null;
  readonly parts: readonly SplitPart[];
  /** How often the sequence of parts follows itself, e.g. once a head. */
  readonly repeats: number;
}

export interface SplitRule extends Split {
  readonly pattern: string;
  /** As the user wrote it, for messages. */
  readonly text: string;
}

/** One part of a matrix that was split. */
export interface Part {
  readonly label: string;
  readonly role: string;
  readonly view: MatrixView;
}

/** Labels that stand for known roles; any other label is a role itself. */
const ROLE_OF_LABEL: ReadonlyMap<string, string> = new Map([
  ['q', 'attn.q'],
  ['k', 'attn.k'],
  ['v', 'attn.v'],
  ['o', 'attn.o'],
  ['up', 'mlp.up'],
  ['down', 'mlp.down'],
  ['gate', 'mlp.gate'],
]);

const EXPECTED = 'expected NAME=PART:ROWS,PART:ROWS,... such as "*.qkv=q:1024,k:256,v:256" or "*.qkv=q,k,vx16"';

/**
 * Reads one --split: NAME[@rows|@columns]=PART[:SIZE],PART[:SIZE],...[xREPEATS].
 *
 * @throws UsageError saying what is expected
 * @example parseSplitRule('*.query_key_value=q:64,k:64,v:64x12').repeats // 12
 */
export function parseSplitRule(text: string): SplitRule {
  const [, pattern = '', axis = null, list = '', repeats = '1'] =
    /^([^=]+?)(?:@(rows|columns))?=([^=]*?)(?:x(\d{1,6}))?$/.exec(text.trim()) ?? [];
  const parts = list.split(',').flatMap((part): SplitPart[] => {
    const [, label, size] = /^\s*([A-Za-z][\w.]*?)(?::(\d{1,9}))?\s*$/.exec(part) ?? [];
    return label === undefined ? [] : [splitPart(label, size === undefined ? null : Number(size))];
  });
  const isWhole = parts.length === list.split(',').length && parts.length > 1;
  const sized = parts.filter(({ size }) => size !== null);
  const labels = new Set(parts.map(({ label }) => label));
  if (!isWhole || sized.some(({ size }) => size === 0) || Number(repeats) < 1)
    throw new UsageError(`--split: ${EXPECTED}; got ${JSON.stringify(text)}`);
  if (sized.length !== 0 && sized.length !== parts.length)
    throw new UsageError(`--split: every part needs a size, or none; got ${JSON.stringify(text)}`);
  if (labels.size !== parts.length)
    throw new UsageError(`--split: each part needs a name of its own, got ${JSON.stringify(text)}`);
  return { pattern, axis: axis as Axis | null, parts, repeats: Number(repeats), text }; // the expression allows no other
}

export function splitPart(label: string, size: number | null): SplitPart {
  return { label, role: ROLE_OF_LABEL.get(label) ?? label, size };
}

/**
 * The parts a rule makes of a matrix; null if no rule is for it.
 *
 * @throws UsageError if the parts of the first rule for it do not fill the matrix
 */
export function splitByRules(rules: readonly SplitRule[], name: string, view: MatrixView): readonly Part[] | null {
  const rule = rules.find(({ pattern }) => nameFits(pattern, name));
  if (!rule) return null;
  const parts = splitView(rule, view);
  if (parts) return parts;
  const [m, n] = shapeOf(view);
  throw new UsageError(
    `--split ${rule.text}: the parts do not fill the ${rule.axis ?? 'rows or columns'} of "${printable(name)}" (${m} x ${n})`,
  );
}

/** The parts in their order; null if they do not fill the axis. */
export function splitView({ axis, parts, repeats }: Split, view: MatrixView): readonly Part[] | null {
  const [m, n] = shapeOf(view);
  for (const along of axis === null ? (['rows', 'columns'] as const) : [axis]) {
    const sizes = sizesOf(parts, repeats, along === 'rows' ? m : n);
    if (sizes) return sizes.map((size, k) => partOf(view, along, parts[k]!, startsOf(sizes, k, repeats), size)); // as many sizes as parts
  }
  return null;
}

function sizesOf(parts: readonly SplitPart[], repeats: number, length: number): readonly number[] | null {
  const period = length / repeats;
  const share = period / parts.length;
  const sizes = parts.map(({ size }) => size ?? share);
  const sum = sizes.reduce((total, size) => total + size, 0);
  return sizes.every((size) => Number.isInteger(size) && size > 0) && sum === period ? sizes : null;
}

/** Where part `k` begins in every repeat. */
function startsOf(sizes: readonly number[], k: number, repeats: number): readonly number[] {
  const period = sizes.reduce((sum, size) => sum + size, 0);
  const before = sizes.slice(0, k).reduce((sum, size) => sum + size, 0);
  return Array.from({ length: repeats }, (_, i) => i * period + before);
}

function partOf(
  view: MatrixView,
  axis: Axis,
  { label, role }: SplitPart,
  starts: readonly number[],
  size: number,
): Part {
  const base = view[axis][0]?.begin ?? 0; // a view that is split is whole: one range
  const ranges = starts.map((start): Range => ({ begin: base + start, end: base + start + size }));
  return { label, role, view: { ...view, [axis]: ranges } };
}
