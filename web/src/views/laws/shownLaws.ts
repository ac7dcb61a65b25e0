/** Which laws are shown, and what is read off them. */
import { grouped } from '../../../../src/base/grouped.ts';
import { formatCount } from '../../../../src/base/numbers.ts';
import { weaknesses } from '../../../../src/planner/lawNotes.ts';
import { cellLabel, inCellOrder } from '../../../../src/report/cells.ts';
import { list, number } from '../../../../src/report/wording.ts';
import { forecast } from '../../../../src/scaling/forecast.ts';
import type { Interval, Law, LawsDocument, SizeConvention } from '../../../../src/scaling/law.ts';
import { publishedLaws } from '../../../../src/scaling/published/publishedLaws.ts';

export interface ShownLaws {
  readonly id: 'published' | 'own';
  readonly label: string;
  readonly document: LawsDocument;
}

/** A row of the table of forecasts: null where there is no law of that quantile. */
export interface ForecastRow {
  readonly role: string;
  readonly depth: number;
  readonly cells: readonly ({ readonly law: Law; readonly at: Interval } | null)[];
}

/** A sentence, and the laws it holds for. */
export interface Warning {
  readonly sentence: string;
  readonly laws: string;
}

const known = new Map<SizeConvention, LawsDocument>();

/** Fitted once a convention: it takes some tens of milliseconds. */
export function fittedPublished(sizeConvention: SizeConvention): LawsDocument {
  const found = known.get(sizeConvention) ?? publishedLaws(sizeConvention);
  known.set(sizeConvention, found);
  return found;
}

export function quantilesOf(shown: readonly ShownLaws[]): number[] {
  return [...new Set(shown.flatMap(({ document }) => document.laws.map(({ quantile }) => quantile)))].sort(
    (a, b) => a - b,
  );
}

export function forecastRows({ laws }: LawsDocument, quantiles: readonly number[], target: number): ForecastRow[] {
  const cells = grouped(inCellOrder(laws), ({ role, depth }) => `${role} ${depth}`);
  return cells.map((own) => ({
    role: own[0]?.role ?? '',
    depth: own[0]?.depth ?? 0,
    cells: quantiles.map((quantile) => {
      const law = own.find((one) => one.quantile === quantile);
      return law === undefined ? null : { law, at: forecast(law, target) };
    }),
  }));
}

/** What a reader should know about the laws of some quantiles, each sentence once. */
export function warningsOf({ laws, warnings }: LawsDocument, quantiles: readonly number[]): readonly Warning[] {
  const drawn = laws.filter(({ quantile }) => quantiles.includes(quantile));
  const told = drawn.flatMap((law) =>
    [...law.warnings, ...weaknesses(law)].map((sentence) => ({
      sentence,
      law: `${cellLabel(law)}, q = ${law.quantile}`,
    })),
  );
  return [
    ...warnings.map((sentence) => ({ sentence, laws: '' })),
    ...grouped(told, ({ sentence }) => sentence).map((alike) => ({
      sentence: alike[0]?.sentence ?? '',
      laws: list(alike.map(({ law }) => law)),
    })),
  ];
}

/** "1.6B: predicted 0.0021, measured 0.0023". */
export function heldOutText({ heldOut }: Law): string {
  if (heldOut === null) return '–';
  return `${formatCount(heldOut.params)}: predicted ${number(heldOut.predicted)}, measured ${number(heldOut.actual)}`;
}
