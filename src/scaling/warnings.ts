/** What a reader must know before trusting a law: each warning is a sentence. */
import { significant } from '../base/numbers.ts';
import { ASSUMED_SCATTER } from './bootstrap.ts';
import type { Measurement, SizePoint } from './fitLaw.ts';
import type { ModelComparison } from './law.ts';

/** Fewer sizes leave at most one degree of freedom to contradict a power law. */
const FEWEST_SIZES = 4;
/** Of the laws of arXiv:2606.04058, those that look straight have R2 above 0.93, the ragged ones below 0.89. */
const POOR_R2 = 0.9;

/** Warnings of one law, the gravest doubts about its basis first. */
export function lawWarnings({
  points,
  measurements,
  r2,
  comparison,
}: {
  readonly points: readonly SizePoint[];
  readonly measurements: readonly Measurement[];
  readonly r2: number;
  readonly comparison: ModelComparison;
}): string[] {
  return [
    ...ladderWarnings(points.map((p) => p.params)),
    ...settlingWarnings(measurements),
    ...shapeWarnings(r2, comparison),
  ];
}

function ladderWarnings(sizes: readonly number[]): string[] {
  const warnings: string[] = [];
  const decades = Math.log10(sizes[sizes.length - 1]! / sizes[0]!);
  if (sizes.length === 2)
    warnings.push(
      `two sizes: any two points lie on a power law; the interval assumes a scatter of ${ASSUMED_SCATTER} in ln(value)`,
    );
  else if (sizes.length < FEWEST_SIZES)
    warnings.push(`${sizes.length} sizes: fewer than ${FEWEST_SIZES} cannot show whether a power law holds`);
  if (decades < 1)
    warnings.push(
      `the sizes span ${significant(decades, 2)} decades: over less than one a power law cannot be told from other curves`,
    );
  return warnings;
}

function settlingWarnings(measurements: readonly Measurement[]): string[] {
  const unsettled = measurements.filter((m) => m.verdict !== null && m.verdict !== 'settled');
  if (unsettled.length === 0) return [];
  const list = unsettled.map((m) => `${m.run} ${m.verdict}`).join(', ');
  return [`${unsettled.length} of ${measurements.length} points have not settled: ${list}`];
}

function shapeWarnings(r2: number, { aicc, curvature, preferred }: ModelComparison): string[] {
  const warnings: string[] = [];
  if (preferred === 'constant')
    warnings.push(
      'no dependence on size is shown: AICc prefers a constant and the interval of the exponent contains 0',
    );
  if (r2 < POOR_R2) warnings.push(`poorly fitted: R2 is ${significant(r2, 2)}, below ${POOR_R2}`);
  if (preferred === 'curved') {
    const [change, bias] = curvature < 0 ? ['steepens', 'high'] : ['flattens', 'low'];
    warnings.push(
      `curved: the decay ${change} with size (AICc ${significant(aicc.curved, 3)} against ${significant(aicc.power, 3)} of the power law), so forecasts beyond the ladder are probably too ${bias}`,
    );
  }
  return warnings;
}
