/**
 * Power laws in log-log, a grid of roles by depths as in Figure 16 of arXiv:2606.04058, quantiles as colours.
 *
 * Values: points, fit, interval of the fit, forecast to a size, the largest size as the others predict it, the slope of
 * 1/sqrt(r) alone, the pooled exponent. Residuals: the same over the fit, so that a good law is a flat line at 1.
 */
import { formatCount, significant } from '../../base/numbers.ts';
import type { Law, LawCurve, LawCurvePoint, LawsDocument } from '../../scaling/law.ts';
import { chartDepths, depthLabel, isSameCell, quantileRank, roleLabel, rolesOf } from '../cells.ts';
import { BASELINE, MUTED, QUANTILE_INKS, TEXT } from '../palette.ts';
import { number, sigmaText } from '../wording.ts';
import { logDomain } from './axis.ts';
import { chartName } from './chart.ts';
import type { ChartSpec, SpecKey, SpecPoint } from './chartSpec.ts';
import { baselineMarks, exponentLabels, fitAt, frameMarks, lawMarks } from './lawPanelMarks.ts';

/** What is to be drawn. */
export interface LawPanels {
  /** Whose laws: "published", the study's name; null where they stand alone. */
  readonly label: string | null;
  readonly document: LawsDocument;
  /** Of every law, to the target. */
  readonly curves: readonly LawCurve[];
  readonly quantiles: readonly number[];
  /** The forecast runs to this size; null for the ladder alone. */
  readonly target: number | null;
  readonly shows: 'values' | 'residuals';
  /** Shared by charts that are compared; see {@link lawDomains}. */
  readonly domains: LawDomains;
}

export interface LawDomains {
  readonly params: readonly [number, number];
  readonly values: readonly [number, number];
}

/** A law with what it is drawn by. */
export interface DrawnLaw {
  readonly law: Law;
  readonly key: string;
  readonly stroke: string;
  readonly curve: readonly LawCurvePoint[];
}

const MARGIN = { left: 52, right: 92, top: 24, bottom: 30 };
/** Panels are this high where the chart is at least WIDE pixels wide, and lower where it is not. */
const HEIGHTS = { wide: 150, narrow: 112 };
const WIDE = 720;
/** Depths are named in full over panels at least this wide. */
const NAMED = 110;
/** The interval of a far forecast may span many decades; the axis shows at most this factor below the lowest line. */
const ROOM = 2;

/** Domains that hold the points, held-out predictions and forecasts of all; null if nothing is positive. */
export function lawDomains(panels: readonly Omit<LawPanels, 'domains'>[]): LawDomains | null {
  const drawn = panels.flatMap(drawnLaws);
  const sizes = logDomain([
    ...panels.flatMap(({ target }) => (target === null ? [] : [target])),
    ...drawn.flatMap(({ law, curve }) => [...law.points, ...curve].map(({ params }) => params)),
  ]);
  const residuals = panels.some(({ shows }) => shows === 'residuals');
  const values = logDomain(
    drawn.flatMap(({ law, curve }) => {
      const measured = law.points.map(({ params, value }) => value / (residuals ? fitAt(law, params) : 1));
      if (!residuals) return [...measured, ...curve.map(({ value }) => value)];
      return [1, ...measured, ...(law.heldOut ? [law.heldOut.predicted / fitAt(law, law.heldOut.params)] : [])];
    }),
    residuals ? 1.15 : ROOM,
  );
  return sizes === null || values === null ? null : { params: sizes, values };
}

export function lawPanelsSpec(panels: LawPanels): ChartSpec {
  const { label, document, target, shows } = panels;
  const drawn = drawnLaws(panels);
  const [depths, roles] = [chartDepths(document.laws), rolesOf(document.laws)];
  const isRelative = shows === 'residuals';
  const title = isRelative ? 'Residuals of the laws' : 'Settled singular values against model size';
  const ahead = target === null ? '' : `, forecast to ${formatCount(target)} parameters`;
  return {
    name: `laws${label === null ? '' : `-${chartName(label)}`}${isRelative ? '-residuals' : ''}`,
    title: label === null ? title : `${isRelative ? 'Residuals' : 'Laws'}: ${label}`,
    description: `Small multiples of ${roles.length} roles by ${depths.length} depths, both axes logarithmic${ahead}.`,
    axes: {
      x: sizeTitle(document),
      y: isRelative ? 'value over fit (log scale)' : 'settled singular value σ (log scale)',
    },
    keys: [...quantileKeys(drawn), ...markKeys(isRelative)],
    points: drawn.flatMap((one) => specPoints(one, panels)),
    table: {
      columns: ['laws', 'role', 'depth', 'quantile', 'what', 'params', 'value', 'low', 'high'],
      rows: (isShown) =>
        drawn.filter(({ key }) => isShown(key)).flatMap((one) => tableRows(label ?? document.source, one, isShown)),
    },
    plot: (width, isShown) => {
      const panelWidth = (width - MARGIN.left - MARGIN.right) / depths.length;
      const height = width < WIDE ? HEIGHTS.narrow : HEIGHTS.wide;
      return {
        ...{ width, height: MARGIN.top + MARGIN.bottom + height * roles.length },
        ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
        fx: { domain: depths, tickFormat: panelWidth < NAMED ? facetText : depthLabel, label: null, padding: 0.06 },
        fy: { domain: roles, tickFormat: roleLabel, label: null, padding: 0.05 },
        x: { type: 'log', domain: [...panels.domains.params], label: null },
        y: { type: 'log', domain: [...panels.domains.values], label: null },
        marks: [
          ...frameMarks(panels, panelWidth),
          ...drawn.filter(({ key }) => isShown(key)).flatMap((one) => lawMarks(one, panels, isShown)),
          ...(isRelative || !isShown('baseline') ? [] : baselineMarks(drawn, panels)),
          ...(isRelative ? [] : exponentLabels(document.pooled, drawn, panelWidth)),
        ],
      };
    },
  };
}

function markKeys(isRelative: boolean): readonly SpecKey[] {
  const keys: SpecKey[] = [
    { id: 'fit', label: 'fit, dashed beyond the ladder', ink: MUTED, mark: 'dashed' },
    { id: 'interval', label: '95 % interval', ink: MUTED, mark: 'band' },
    { id: 'held', label: 'held-out size, as the others predict it', ink: MUTED, mark: 'ring' },
  ];
  return isRelative ? keys : [...keys, { id: 'baseline', label: 'slope of 1/√r alone', ink: BASELINE, mark: 'dotted' }];
}

function drawnLaws({ document, quantiles, curves }: Omit<LawPanels, 'domains'>): DrawnLaw[] {
  const depths = chartDepths(document.laws);
  return document.laws
    .filter(({ depth, quantile }) => depths.includes(depth) && quantiles.includes(quantile))
    .map((law) => ({
      law,
      key: `q${law.quantile}`,
      stroke: QUANTILE_INKS[quantileRank(law.quantile)]!.light,
      curve: curves.find((one) => isSameCell(one, law) && one.quantile === law.quantile)?.points ?? [],
    }));
}

function quantileKeys(drawn: readonly DrawnLaw[]): SpecKey[] {
  const quantiles = [...new Set(drawn.map(({ law }) => law.quantile))].sort((a, b) => a - b);
  return quantiles.map((q) => ({
    ...{ id: `q${q}`, label: `q = ${significant(q)}`, mark: 'point' },
    ink: QUANTILE_INKS[quantileRank(q)] ?? TEXT,
  }));
}

function specPoints({ law, key, curve }: DrawnLaw, { shows, target }: LawPanels): SpecPoint[] {
  const { heldOut } = law;
  const where = [`${law.role}, ${depthLabel(law.depth)}`, `q = ${significant(law.quantile)}`];
  const read = (params: number, value: number, text: readonly string[]): SpecPoint => ({
    ...{ key, fx: law.depth, fy: law.role, x: params },
    y: shows === 'residuals' ? value / fitAt(law, params) : value,
    text: [...where, ...text],
  });
  const ahead = curve.find(({ params }) => params === target);
  return [
    ...law.points.map(({ params, value }) => {
      const fit = fitAt(law, params);
      const lines = [
        `${formatCount(params)}: σ = ${number(value)}`,
        `fit ${number(fit)}, ratio ${number(value / fit)}`,
      ];
      return read(params, value, lines);
    }),
    ...(ahead
      ? [
          {
            ...read(ahead.params, ahead.value, [`forecast at ${formatCount(ahead.params)}`, sigmaText(ahead)]),
            also: 'fit',
          },
        ]
      : []),
    ...(heldOut
      ? [
          {
            ...read(heldOut.params, heldOut.predicted, [
              `${formatCount(heldOut.params)} held out: predicted ${number(heldOut.predicted)}`,
              `measured ${number(heldOut.actual)}, ratio ${number(heldOut.predicted / heldOut.actual)}`,
            ]),
            also: 'held',
          },
        ]
      : []),
  ];
}

function tableRows(label: string, { law, curve }: DrawnLaw, isShown: (key: string) => boolean): (string | number)[][] {
  const { heldOut } = law;
  const [hasFit, hasInterval] = [isShown('fit'), isShown('interval')];
  const row = (what: string, params: number, value: number | '', low: number | '' = '', high: number | '' = '') => [
    ...[label, law.role, law.depth, law.quantile, what],
    ...[params, value, low, high],
  ];
  return [
    ...law.points.map(({ params, value }) => row('measured', params, value)),
    ...(hasFit || hasInterval ? curve : []).map(({ params, value, low, high }) =>
      row('law', params, hasFit ? value : '', hasInterval ? low : '', hasInterval ? high : ''),
    ),
    ...(heldOut && isShown('held') ? [row('held-out prediction', heldOut.params, heldOut.predicted)] : []),
  ];
}

/** Short: panels are narrow. */
function facetText(depth: number): string {
  return significant(depth, 3);
}

function sizeTitle({ sizeConvention }: LawsDocument): string {
  const counted = sizeConvention === 'total' ? 'embeddings included' : 'without embeddings';
  return `parameters, ${counted} (log scale); columns are relative depths, 1 is the last layer`;
}
