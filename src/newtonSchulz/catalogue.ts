/**
 * The published Newton-Schulz configurations, with what has been folded into their numbers.
 *
 * Fewer steps than listed: the first ones, as nanochat and Emerging-Optimizers do. More steps: each entry's
 * `beyond`. Epsilons are those of the usual code where the source prints none (1e-7, Jordan 2024).
 */
import { UsageError } from '../base/errors.ts';
import { withSafety } from './safety.ts';
import type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from './schedule.ts';

/** The longest schedule that {@link scheduleOf} builds. */
export const MAX_STEPS = 10;

/** A published family of schedules, one for each number of steps. */
export interface CatalogueEntry {
  readonly name: string;
  readonly source: string;
  /** What has been applied to the published numbers; "nothing" if they are as printed. */
  readonly foldedIn: string;
  /** As printed, applied left to right. */
  readonly published: readonly NsCoefficients[];
  /** What follows the last printed step; null if the source defines nothing. */
  readonly beyond: 'repeat last' | null;
  /** Steps used when none are asked for. */
  readonly usualSteps: number;
  readonly entry: NsEntry;
  /** Divides the input of every step but the last; see `withSafety`. 1 where there is none. */
  readonly safety: number;
}

/**
 * A catalogue schedule of `steps` steps.
 *
 * @param name one of {@link catalogueNames}
 * @param steps 1 to 10; the entry's usual number if left out
 * @throws UsageError for an unknown name, or for steps that the schedule does not define
 * @example scheduleOf('jordan', 5).name // "jordan x5"
 */
export function scheduleOf(
  name: string,
  steps?: number,
  { precision = 'float32' }: { readonly precision?: NsPrecision } = {},
): NsSchedule {
  const found = catalogueEntry(name);
  const count = steps ?? found.usualSteps;
  requireSteps(found, count);
  return {
    name: `${found.name} x${count}`,
    source: found.source,
    coefficients: withSafety(firstSteps(found, count), found.safety),
    entry: found.entry,
    precision,
  };
}

/** @throws UsageError listing the known names if `name` is not one of them. */
export function catalogueEntry(name: string): CatalogueEntry {
  const found = CATALOGUE.find((entry) => entry.name === name);
  if (!found)
    throw new UsageError(`Newton-Schulz schedule: "${name}" is not known; use one of ${catalogueNames().join(', ')}`);
  return found;
}

/** Names that {@link scheduleOf} takes, in catalogue order. */
export function catalogueNames(): readonly string[] {
  return CATALOGUE.map((entry) => entry.name);
}

/** The largest number of steps that {@link scheduleOf} builds for `name`. */
export function longestSchedule(name: string): number {
  const { beyond, published } = catalogueEntry(name);
  return beyond === null ? published.length : MAX_STEPS;
}

function requireSteps(entry: CatalogueEntry, steps: number): void {
  const most = longestSchedule(entry.name);
  if (!Number.isInteger(steps) || steps < 1 || steps > most)
    throw new UsageError(
      `Newton-Schulz schedule: ${entry.name} has 1 to ${most} steps, got ${steps}; choose a number in that range` +
        (most < MAX_STEPS ? ', or a schedule that can be repeated such as jordan' : ''),
    );
}

function firstSteps({ published }: CatalogueEntry, steps: number): readonly NsCoefficients[] {
  return Array.from({ length: steps }, (_, k) => published[Math.min(k, published.length - 1)]!);
}

function over1024(...[a, b, c]: NsCoefficients): NsCoefficients {
  return [a / 1024, b / 1024, c / 1024];
}

const FROBENIUS: NsEntry = { normalisation: 'frobenius', scale: 1, epsilon: 1e-7 };
const JORDAN: NsCoefficients = [3.4445, -4.775, 2.0315];
const TEXTBOOK: NsCoefficients = [2, -1.5, 0.5];

/** In the order in which `ns show` lists them. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'jordan',
    source: 'Jordan 2024, Muon: an optimizer for hidden layers in neural networks',
    foldedIn: 'nothing',
    published: [JORDAN],
    beyond: 'repeat last',
    usualSteps: 5,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'you5',
    source: 'You Jiacheng, modded-nanogpt; the "5-step" schedule of arXiv:2606.04058',
    foldedIn: 'nothing',
    published: [
      [4.0848, -6.8946, 2.927],
      [3.9505, -6.3029, 2.6377],
      [3.7418, -5.5913, 2.3037],
      [2.8769, -3.1427, 1.2046],
      [2.8366, -3.0525, 1.2012],
    ],
    beyond: null,
    usualSteps: 5,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'you6',
    source: 'You Jiacheng; six quintics in multiples of 1/1024',
    foldedIn: 'the division by 1024',
    published: [
      over1024(3955, -8306, 5008),
      over1024(3735, -6681, 3463),
      over1024(3799, -6499, 3211),
      over1024(4019, -6385, 2906),
      over1024(2677, -3029, 1162),
      over1024(2172, -1833, 682),
    ],
    beyond: null,
    usualSteps: 6,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'polar-express',
    source: 'Amsel, Persson, Musco, Gower 2025, arXiv:2505.16932; designed for l = 1e-3, cushion 0.02407327424182761',
    foldedIn: 'safety 1.01 in every step but the last used (the code of the paper spares the eighth)',
    published: [
      [8.28721201814563, -23.595886519098837, 17.300387312530933],
      [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
      [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
      [3.3184196573706015, -2.488488024314874, 0.51004894012372],
      [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
      [1.891301407787398, -1.2679958271945868, 0.37680408948524835],
      [1.8750014808534479, -1.2500016453999487, 0.3750001645474248],
      [1.875, -1.25, 0.375],
    ],
    beyond: 'repeat last',
    usualSteps: 5,
    entry: { normalisation: 'frobenius', scale: 1.01, epsilon: 1e-7 },
    safety: 1.01,
  },
  {
    name: 'cans',
    source: 'Grishina, Smirnov, Rakhuba 2025, arXiv:2506.10935',
    foldedIn: 'nothing',
    published: [
      [8.4703, -25.1081, 18.6293],
      [4.1828, -3.1087, 0.5806],
      [3.9619, -2.9541, 0.563],
      [3.2866, -2.4647, 0.5074],
      [2.2737, -1.6447, 0.4162],
    ],
    beyond: 'repeat last',
    usualSteps: 5,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'deepseek-v4',
    source: 'DeepSeek-V4: eight steps of Jordan 2024, then two textbook steps',
    foldedIn: 'nothing',
    published: [...Array<NsCoefficients>(8).fill(JORDAN), TEXTBOOK, TEXTBOOK],
    beyond: null,
    usualSteps: 10,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'cubic5',
    source: 'arXiv:2606.00371; cubic steps, two products each',
    foldedIn: 'nothing',
    published: [
      [3.3656576, -3.3420992, 0],
      [2.5744352, -1.4957376, 0],
      [2.5368962, -1.431257, 0],
      [2.4418906, -1.276404, 0],
      [2.2230472, -0.963065, 0],
    ],
    beyond: null,
    usualSteps: 5,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'textbook',
    source: 'the quintic of textbooks, (2, -1.5, 0.5) at every step; Higham 2008, Functions of Matrices, chapter 8',
    foldedIn: 'nothing',
    published: [TEXTBOOK],
    beyond: 'repeat last',
    usualSteps: 5,
    entry: FROBENIUS,
    safety: 1,
  },
  {
    name: 'aol',
    source: 'Turbo-Muon, arXiv:2512.04632; negative above 0.88, so unsafe behind a Frobenius norm',
    foldedIn: 'nothing',
    published: [
      [4.0098, -7.0585, 2.4635],
      [3.4585, -5.5479, 2.5959],
      [2.7573, -3.2939, 1.4254],
      [2.7215, -3.0494, 1.3169],
    ],
    beyond: null,
    usualSteps: 4,
    entry: { normalisation: 'aol', scale: 1, epsilon: 1e-7 },
    safety: 1,
  },
];
