/** What an implementation of Muon does, as far as a checkpoint needs it to be understood. One implementation a file of this folder. */
import type { NsCoefficients, NsPrecision, NsSchedule } from '../../../newtonSchulz/schedule.ts';
import type { MomentumConvention } from '../../momentumSample.ts';
import { integerOf, listOf, numberOf, type TreeMap } from '../checkpointTree.ts';
import type { MuonSetting } from '../momentumMatrix.ts';
import type { StateForm } from '../optimizerState.ts';

/** The state of one parameter as the layouts see it. */
export interface Seen {
  readonly form: StateForm;
  /** Keys of its state. */
  readonly keys: TreeMap;
  /** Options of its group; empty where there are none. */
  readonly options: TreeMap;
}

/** How a tensor with more than two axes reaches NS. */
export type HigherAxes =
  /** The last two axes are a matrix, the others count matrices. */
  | 'stack'
  /** (a, b, c, ...) is a matrix of a rows. */
  | 'flatten'
  /** Three axes are a stack; four are a convolution (out, in, height, width), flattened to out rows. */
  | 'stack or convolution'
  /** Axes follow from the name: jax kernels of several output or input axes. */
  | 'by name';

/** One row of the table in docs/checkpoints.md. */
export interface Layout {
  readonly name: string;
  /** Repository, commit and file that the facts are from. */
  readonly source: string;
  /** Key of the momentum in a parameter's state. */
  readonly key: string;
  readonly convention: MomentumConvention | null;
  recognises(seen: Seen): boolean;
  /** Why a state of this layout is none of Muon's, although it has the key; null where it is. */
  foreign(seen: Seen): string | null;
  /** Whether a parameter without momentum ought to have some. */
  expectsMomentum(seen: Seen): boolean;
  /** Whether one tensor (k, m, n) may hold the momentum of k parameters of a group, under the id of the first. */
  stacksGroup(options: TreeMap): boolean;
  higherAxes(options: TreeMap): HigherAxes;
  /** What the code does where the options are silent; null where that depends on more than the code. */
  readonly momentum: number | null;
  readonly nesterov: boolean | null;
  newtonSchulz(options: TreeMap): StatedSchedule | null;
  /** What a reader of spectra should know, a sentence each. */
  readonly notes: readonly string[];
}

export interface StatedSchedule {
  readonly schedule: NsSchedule;
  /** What of it the checkpoint states. */
  readonly stated: readonly MuonSetting[];
}

/** A layout of the common kind: everything is what its options say, stacks are stacks. */
export const COMMON_LAYOUT: Pick<
  Layout,
  'foreign' | 'expectsMomentum' | 'stacksGroup' | 'higherAxes' | 'momentum' | 'nesterov' | 'newtonSchulz' | 'notes'
> = {
  foreign: () => null,
  expectsMomentum: () => false,
  stacksGroup: () => false,
  higherAxes: () => 'stack or convolution',
  momentum: null,
  nesterov: null,
  newtonSchulz: () => null,
  notes: [],
};

/**
 * Polar Express as nanochat, modded-nanogpt and dion print it: five steps, safety 1.02 in all but the last, cushion 2.
 *
 * @source karpathy/nanochat 92d63d4 nanochat/optim.py, microsoft/dion 0a059a4 dion/polar_express.py
 */
export const POLAR_EXPRESS_FIVE: readonly NsCoefficients[] = [
  [8.156554524902461, -22.48329292557795, 15.878769915207462],
  [4.042929935166739, -2.808917465908714, 0.5000178451051316],
  [3.8916678022926607, -2.772484153217685, 0.5060648178503393],
  [3.285753657755655, -2.3681294933425376, 0.46449024233003106],
  [2.3465413258596377, -1.7097828382687081, 0.42323551169305323],
];

/** What an implementation runs, before a checkpoint's options. */
export interface ScheduleFacts {
  /** Of the coefficients, e.g. "jordan". */
  readonly name: string;
  readonly source: string;
  /** One triple for every step, or as many as there are steps at most. */
  readonly coefficients: readonly NsCoefficients[];
  readonly steps: number;
  readonly scale?: number;
  readonly epsilon: number;
  readonly precision: NsPrecision;
}

/** Jordan 2024, as torch, KellerJordan/Muon, Moonlight, DeepSpeed, optax and MLX run it. */
export const JORDAN_FIVE: ScheduleFacts = {
  name: 'jordan',
  source: 'Jordan 2024',
  coefficients: [[3.4445, -4.775, 2.0315]],
  steps: 5,
  epsilon: 1e-7,
  precision: 'bf16',
};

/** A step that changes nothing; lists of triples are never empty. */
const NO_STEP: NsCoefficients = [1, 0, 0];

/** Longest schedule taken from a file; torch allows fewer than 100 steps. */
const MOST_STEPS = 100;

/**
 * The schedule of a group: the code's, with the steps, triple and epsilon its options state.
 *
 * A single triple is repeated; of several the first ones are used, as nanochat and Emerging-Optimizers do.
 *
 * @param keys options that hold steps, coefficients and epsilon
 */
export function statedSchedule(
  facts: ScheduleFacts,
  options: TreeMap,
  keys: { readonly steps?: string; readonly coefficients?: string; readonly epsilon?: string } = {},
): StatedSchedule {
  const steps = keys.steps === undefined ? null : integerOf(options.get(keys.steps), 1);
  const coefficients = keys.coefficients === undefined ? null : triplesOf(options.get(keys.coefficients));
  const epsilon = keys.epsilon === undefined ? null : numberOf(options.get(keys.epsilon));
  const stated: MuonSetting[] = [];
  if (steps !== null) stated.push('steps');
  if (coefficients !== null) stated.push('coefficients');
  if (epsilon !== null) stated.push('epsilon');
  const triples = coefficients ?? facts.coefficients;
  const asked = Math.min(steps ?? (triples.length > 1 ? triples.length : facts.steps), MOST_STEPS);
  const count = triples.length > 1 ? Math.min(asked, triples.length) : asked;
  const isPublished = coefficients === null || sameTriples(coefficients, facts.coefficients);
  return {
    stated,
    schedule: {
      name: `${isPublished ? facts.name : 'own'} x${count}`,
      source: isPublished ? facts.source : 'the checkpoint',
      coefficients: Array.from({ length: count }, (_, k) => triples[Math.min(k, triples.length - 1)] ?? NO_STEP),
      entry: { normalisation: 'frobenius', scale: facts.scale ?? 1, epsilon: epsilon ?? facts.epsilon },
      precision: facts.precision,
    },
  };
}

/** One triple, or a list of them; null for anything else. */
export function triplesOf(value: Parameters<typeof listOf>[0]): readonly NsCoefficients[] | null {
  const list = listOf(value);
  if (!list || list.length === 0) return null;
  const triples = (numberOf(list[0]) === null ? list : [list]).map((item) => (listOf(item) ?? []).map(numberOf));
  const whole = triples.flatMap(([a = null, b = null, c = null, ...more]): NsCoefficients[] =>
    a === null || b === null || c === null || more.length > 0 ? [] : [[a, b, c]],
  );
  return whole.length === triples.length ? whole : null;
}

/** Equal within 1e-6: a float32 writer keeps seven digits */
function sameTriples(a: readonly NsCoefficients[], b: readonly NsCoefficients[]): boolean {
  const isSame = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-6 * Math.max(Math.abs(x), Math.abs(y));
  return a.length === b.length && a.every((triple, i) => triple.every((x, k) => isSame(x, b[i]?.[k] ?? Number.NaN)));
}
