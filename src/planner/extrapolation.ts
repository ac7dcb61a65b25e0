/** What a plan must say of itself: how far it extrapolates, on which laws it leans, what stands in for what. */
import { formatCount, significant } from '../base/numbers.ts';
import type { Law, LawsDocument } from '../scaling/law.ts';
import { weaknesses } from './lawNotes.ts';
import type { MatrixKind, ModelDescription } from './modelFamilies/modelDescription.ts';
import type { Extrapolation } from './plan.ts';

/** Distance of the target from the measured sizes, and the weak ones among `laws`. */
export function extrapolationOf(laws: readonly Law[], params: number): Extrapolation {
  const sizes = laws.flatMap(({ points }) => points.map((point) => point.params));
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const weakLaws = laws.flatMap((law) => {
    const reasons = weaknesses(law);
    return reasons.length > 0 ? [{ role: law.role, depth: law.depth, reasons }] : [];
  });
  return { decades: decadesBeyond(params, smallest, largest), measured: [smallest, largest], weakLaws };
}

/** One sentence each; those that apply. */
export function modelWarnings(
  model: ModelDescription,
  courses: ReadonlyMap<string, unknown>,
  extrapolation: Extrapolation,
  params: number,
  laws: LawsDocument,
): readonly string[] {
  return [
    ...distance(extrapolation),
    ...weakness(extrapolation),
    ...standIns(model, courses),
    ...narrowMatrices(model),
    ...mixture(model, params, laws),
  ];
}

function decadesBeyond(params: number, smallest: number, largest: number): number {
  if (params > largest) return Math.log10(params / largest);
  return params < smallest ? Math.log10(params / smallest) : 0;
}

function distance({ decades, measured }: Extrapolation): readonly string[] {
  if (decades === 0) return [];
  const far = significant(Math.abs(decades), 2);
  const [side, end] = decades > 0 ? ['beyond the largest', measured[1]] : ['below the smallest', measured[0]];
  return [
    `The plan extrapolates ${far} ${far === '1' ? 'decade' : 'decades'} ${side} measured size, ${formatCount(end)}.`,
  ];
}

function weakness({ weakLaws }: Extrapolation): readonly string[] {
  if (weakLaws.length === 0) return [];
  const names = weakLaws.map(({ role, depth }) => `${role} at ${depth}`).join(', ');
  const verb = weakLaws.length === 1 ? 'One law is weak' : `${weakLaws.length} laws are weak`;
  return [`${verb} (poorly fitted, curved, or wrong about the size held out): ${names}.`];
}

function standIns({ matrices }: ModelDescription, courses: ReadonlyMap<string, unknown>): readonly string[] {
  const without = matrices.filter(({ role }) => !courses.has(role));
  const known = (kind: MatrixKind): string => kind.standIns.filter((role) => courses.has(role)).join(' or ');
  return [...new Set(without.map(known))].map((others) => {
    const roles = [...new Set(without.filter((kind) => known(kind) === others).map(({ role }) => role))];
    const smaller = others.includes(' or ') ? ', whichever is smaller' : '';
    return `There is no law of ${roles.join(', ')}: planned by ${others}${smaller}.`;
  });
}

/** The ladders measured have min(m, n) = width. */
function narrowMatrices({ matrices, width }: ModelDescription): readonly string[] {
  const narrow = matrices.filter(({ shape }) => Math.min(...shape) < width);
  if (narrow.length === 0) return [];
  const names = [...new Set(narrow.map(({ role, part }) => (part ? `${role} of ${part}` : role)))].join(', ');
  return [
    `Narrower than the width: ${names}. The laws are of matrices as wide as the model; fewer singular values share the ` +
      `Frobenius norm here, so theirs are larger and the plan errs on the side of more steps.`,
  ];
}

function mixture(model: ModelDescription, params: number, { sizeConvention }: LawsDocument): readonly string[] {
  if (model.activeParams === model.params) return [];
  const size = sizeConvention === 'total' ? 'total' : 'non-embedding';
  return [
    `The laws are of dense models. This mixture of experts is read at ${formatCount(params)} parameters (${size} count of the ` +
      `model: ${formatCount(sizeConvention === 'total' ? model.params : model.nonEmbeddingParams)}, active: ` +
      `${formatCount(model.activeParams)}); --params chooses another size.`,
  ];
}
