/** Which exponents differ, in words: what a report says about a ladder. */
import { significant } from '../base/numbers.ts';
import type { LawsDocument, PooledLaw } from './law.ts';

/** The layer nearest to half the stack, "mid" in arXiv:2606.04058, if it lies between the quarter points. */
const MIDDLE = 0.5;
const MIDDLE_MARGIN = 0.25;
/** Laws a sentence names before it counts the rest. */
const NAMED = 3;
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
 * Findings for the report, a sentence each: whether the final mlp.down falls faster with size than every role in the
 * middle layer; what else is as steep, if anything; and which of the two final MLP matrices is the steeper, which bears
 * on the labels of the paper's figure.
 *
 * @returns a sentence that says what is missing where the document lacks the laws for a finding
 */
export function describeSteepest(document: LawsDocument): string[] {
  const down = finalLaw(document, 'mlp.down');
  if (down === undefined)
    return ['There is no pooled law of mlp.down at depth 1, so the final layer cannot be compared.'];
  const middle = middleLaws(document.pooled);
  const up = finalLaw(document, 'mlp.up');
  const elsewhere = document.pooled.filter(
    (law) => law !== down && law !== up && !middle.includes(law) && law.exponent >= down.exponent,
  );
  return [
    middle.length === 0
      ? 'There is no pooled law of a middle layer to compare the final mlp.down with.'
      : describeAgainstMiddle(down, middle),
    ...(elsewhere.length > 0 ? [`At least as steep elsewhere: ${list(elsewhere)}.`] : []),
    describeLabels(down, up),
  ];
}

/** All roles at the depth nearest to the middle. */
function middleLaws(pooled: readonly PooledLaw[]): readonly PooledLaw[] {
  const distance = ({ depth }: PooledLaw): number => Math.abs(depth - MIDDLE);
  const nearest = Math.min(...pooled.map(distance));
  return nearest <= MIDDLE_MARGIN ? pooled.filter((law) => distance(law) <= nearest + 1e-9) : [];
}

function describeAgainstMiddle(down: PooledLaw, middle: readonly PooledLaw[]): string {
  const byExponent = [...middle].sort((a, b) => b.exponent - a.exponent);
  const [lowest, highest] = [byExponent.at(-1)!, byExponent[0]!]; // not empty
  const range = `exponents ${lowest.exponent.toFixed(2)} to ${highest.exponent.toFixed(2)}`;
  const all = `every role at middle depth (${middle.length} ${middle.length === 1 ? 'law' : 'laws'} at depth ${depths(middle)}, ${range})`;
  const steeper = byExponent.filter((law) => law.exponent >= down.exponent);
  const overlapping = byExponent.filter((law) => !comparePooled(down, law).apart);
  const subject = capitalised(describe(down));
  if (steeper.length > 0) return `${subject} is not steeper than ${all}: at least as steep is ${list(steeper)}.`;
  if (overlapping.length === 0) return `${subject} is steeper than ${all}, 95 % intervals apart.`;
  return `${subject} is steeper than ${all}, but its 95 % interval overlaps that of ${list(overlapping)}.`;
}

function depths(laws: readonly PooledLaw[]): string {
  return [...new Set(laws.map(({ depth }) => significant(depth)))].join(' and ');
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
  const named = laws.slice(0, NAMED).map(({ role, depth }) => `${role} at depth ${significant(depth)}`);
  const rest = laws.length - named.length;
  return rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ');
}
