/** Which exponents differ, in words: what a report says about a ladder. */
import type { LawsDocument, PooledLaw } from './law.ts';

/** Depths between the quarter points of the stack: neither the first layers nor the last. */
const MIDDLE: readonly [number, number] = [0.25, 0.75];
/** Laws named in a sentence. */
const NAMED = 2;
const PAPER = 'Figure 16 of arXiv:2606.04058';

/** Two pooled exponents side by side. */
export interface PooledComparison {
  /** Exponent of the first minus that of the second; positive means the first falls faster with size. */
  readonly difference: number;
  /** Whether the 95 % intervals have no number in common. */
  readonly apart: boolean;
  readonly sentence: string;
}

/** Compares two pooled exponents by their intervals: stricter than a test of their difference. */
export function comparePooled(a: PooledLaw, b: PooledLaw): PooledComparison {
  const difference = a.exponent - b.exponent;
  const apart = a.low > b.high || b.low > a.high;
  const relation = difference > 0 ? 'steeper than' : difference < 0 ? 'less steep than' : 'as steep as';
  const intervals = apart ? 'their 95 % intervals are apart' : 'their 95 % intervals overlap';
  return { difference, apart, sentence: `${capitalised(describe(a))} is ${relation} ${describe(b)}; ${intervals}.` };
}

/**
 * Two findings for the report, a sentence each: whether the final mlp.down falls faster with size than every role at
 * middle depth, and which of the two final MLP matrices is the steeper, which bears on the labels of the paper's figure.
 *
 * @returns one sentence for each finding the document has the laws for; a sentence that says what is missing otherwise
 */
export function describeSteepest(document: LawsDocument): string[] {
  const down = finalLaw(document, 'mlp.down');
  if (down === undefined)
    return ['There is no pooled law of mlp.down at depth 1, so the final layer cannot be compared.'];
  const middle = document.pooled.filter(({ depth }) => depth >= MIDDLE[0] && depth <= MIDDLE[1]);
  return [
    middle.length === 0
      ? 'There is no pooled law between depth 0.25 and 0.75 to compare the final mlp.down with.'
      : describeAgainstMiddle(down, middle),
    describeLabels(down, finalLaw(document, 'mlp.up')),
  ];
}

function describeAgainstMiddle(down: PooledLaw, middle: readonly PooledLaw[]): string {
  const exponents = middle.map((law) => law.exponent);
  const range = `${Math.min(...exponents).toFixed(2)} to ${Math.max(...exponents).toFixed(2)}`;
  const all = `every role at middle depth (${middle.length} laws, exponents ${range})`;
  const steeper = middle.filter((law) => law.exponent >= down.exponent);
  const overlapping = middle.filter((law) => !comparePooled(down, law).apart);
  if (steeper.length > 0)
    return `${capitalised(describe(down))} is not the steepest: at least as steep ${some(down, steeper, middle)}.`;
  if (overlapping.length === 0) return `${capitalised(describe(down))} is steeper than ${all}, 95 % intervals apart.`;
  return `${capitalised(describe(down))} is steeper than ${all}, but its 95 % interval overlaps that of ${overlapping.length > NAMED ? `${overlapping.length} of the ${middle.length}, the closest being ${nearest(down, overlapping)}` : list(overlapping)}.`;
}

/** "is A", "are A, B" or "are 5 of the 18 at middle depth, the closest being A, B" */
function some(down: PooledLaw, laws: readonly PooledLaw[], middle: readonly PooledLaw[]): string {
  if (laws.length === 1) return `is ${list(laws)}`;
  if (laws.length <= NAMED) return `are ${list(laws)}`;
  return `are ${laws.length} of the ${middle.length} laws at middle depth, the closest being ${nearest(down, laws)}`;
}

/** The laws whose exponents are nearest, nearest first. */
function nearest(down: PooledLaw, laws: readonly PooledLaw[]): string {
  const distance = (law: PooledLaw): number => Math.abs(law.exponent - down.exponent);
  return list([...laws].sort((a, b) => distance(a) - distance(b)).slice(0, NAMED));
}

function describeLabels(down: PooledLaw, up: PooledLaw | undefined): string {
  if (up === undefined) return 'There is no pooled law of mlp.up at depth 1 to compare the final mlp.down with.';
  const { apart, difference, sentence } = comparePooled(down, up);
  if (!apart) return `${sentence} That leaves open whether the MLP labels of ${PAPER} are swapped.`;
  return difference > 0
    ? `${sentence} In ${PAPER} the steepest matrix is the one printed as MLP up: this speaks for swapped labels there.`
    : `${sentence} In ${PAPER} the steepest matrix is the one printed as MLP up, as here.`;
}

function finalLaw(document: LawsDocument, role: string): PooledLaw | undefined {
  return document.pooled.find((law) => law.role === role && law.depth === 1);
}

function describe({ role, depth, exponent, low, high }: PooledLaw): string {
  const place = depth === 1 ? `the final ${role}` : `${role} at depth ${depth}`;
  return `${place} (exponent ${exponent.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function list(laws: readonly PooledLaw[]): string {
  return laws.map(({ role, depth }) => `${role} at depth ${depth}`).join(', ');
}
