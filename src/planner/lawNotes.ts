/** What a reader of a plan should know about the law behind a row. */
import { formatCount, formatShare, significant } from '../base/numbers.ts';
import { forecast } from '../scaling/forecast.ts';
import type { Law } from '../scaling/law.ts';

/** Below this share of explained variation a law is called weak; most published ones are above 0.93. */
const WEAK_R2 = 0.9;

/** A held-out size missed by more than this factor is worth a sentence. */
const HELD_OUT_FACTOR = 1.25;

/** Sentences on extrapolation, fit, curvature and held-out error; those that apply. */
export function lawNotes(law: Law, params: number): readonly string[] {
  return [...extrapolation(law, params), ...excess(law, params), ...weaknesses(law)];
}

/** Sentences on fit, curvature and held-out error; empty for a law one can lean on. */
export function weaknesses(law: Law): readonly string[] {
  return [...support(law), ...curvature(law), ...heldOut(law)];
}

function extrapolation({ points }: Law, params: number): readonly string[] {
  const sizes = points.map((point) => point.params);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (params > largest) return [beyond(params / largest, 'beyond', `largest measured size, ${formatCount(largest)}`)];
  if (params < smallest)
    return [beyond(smallest / params, 'below', `smallest measured size, ${formatCount(smallest)}`)];
  return [];
}

/** Sentence on a forecast that no singular value of X / ||X||_F can have. */
function excess(law: Law, params: number): readonly string[] {
  const { value } = forecast(law, params);
  if (!(value > 1)) return [];
  return [`The law forecasts ${significant(value)}, but a normalised singular value is at most 1: 1 is planned for.`];
}

function beyond(ratio: number, side: string, end: string): string {
  const decades = significant(Math.log10(ratio), 2);
  return `The forecast reaches ${decades} ${decades === '1' ? 'decade' : 'decades'} ${side} the ${end}.`;
}

function support({ points, r2 }: Law): readonly string[] {
  const sizes = new Set(points.map(({ params }) => params)).size;
  return [
    ...(sizes < 4 ? [`The law rests on only ${sizes} ${sizes === 1 ? 'size' : 'sizes'}.`] : []),
    ...(r2 < WEAK_R2 ? [`The law is weak: it explains ${formatShare(r2, 2)} of the variation.`] : []),
  ];
}

function curvature({ comparison }: Law): readonly string[] {
  switch (comparison.preferred) {
    case 'power':
      return [];
    case 'constant':
      return ['The points do not show a dependence on size: a constant describes them as well.'];
    case 'curved':
      return [
        comparison.curvature < 0
          ? 'The points bend down: the value falls ever faster, so the forecast is probably too high.'
          : 'The points bend up: the value falls ever more slowly, so the forecast is probably too low.',
      ];
    default:
      return comparison.preferred satisfies never;
  }
}

function heldOut({ heldOut: held }: Law): readonly string[] {
  if (!held) return [];
  const factor = Math.exp(Math.abs(Math.log(held.predicted / held.actual)));
  if (factor <= HELD_OUT_FACTOR) return [];
  const side = held.predicted > held.actual ? 'high' : 'low';
  return [
    `Fitted without ${formatCount(held.params)}, the law predicts that size ${significant(factor, 2)} times too ${side}.`,
  ];
}
