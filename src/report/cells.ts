/** Order and names of roles, depths and quantiles: the same rows and columns in every chart and table. */
import { significant } from '../base/numbers.ts';

const ROLE_ORDER = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down', 'mlp.gate'];

/** Charts of arXiv:2606.04058 show these; others are left to the tables. */
const CHART_QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9];

/** Columns that fit a page side by side. */
const CHART_DEPTHS = 4;

/** A matrix kind at a relative depth. */
export interface Cell {
  readonly role: string;
  readonly depth: number;
}

/** Roles once each, attention before MLP, unknown names last in alphabetical order. */
export function rolesOf(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map((cell) => cell.role))].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : Number(a > b)));
}

/** Depths once each, ascending. */
export function depthsOf(cells: readonly Cell[]): number[] {
  return [...new Set(cells.map((cell) => cell.depth))].sort((a, b) => a - b);
}

/** Depths for the columns of a chart: all up to four, else those nearest to each quarter. */
export function chartDepths(cells: readonly Cell[]): number[] {
  const depths = depthsOf(cells);
  if (depths.length <= CHART_DEPTHS) return depths;
  const quarters = Array.from({ length: CHART_DEPTHS }, (_, i) => (i + 1) / CHART_DEPTHS);
  const nearest = (quarter: number): number =>
    depths.reduce((best, depth) => (Math.abs(depth - quarter) < Math.abs(best - quarter) ? depth : best));
  return [...new Set(quarters.map(nearest))];
}

/** Quantiles for the lines of a chart, ascending: the paper's five where present, else at most five of what there is. */
export function chartQuantiles(quantiles: readonly number[]): number[] {
  const present = [...new Set(quantiles)].sort((a, b) => a - b);
  const usual = present.filter((q) => CHART_QUANTILES.includes(q));
  return usual.length > 0 ? usual : present.slice(0, CHART_QUANTILES.length);
}

/** Index of a cell's quantile in the fixed five-step colour ramp, so that a quantile keeps its colour in every chart. */
export function quantileRank(quantile: number): number {
  const index = CHART_QUANTILES.findIndex((q) => quantile <= q);
  return index < 0 ? CHART_QUANTILES.length - 1 : index;
}

/** 1 -> "depth 1 (final)", 0.25 -> "depth 0.25". */
export function depthLabel(depth: number): string {
  return depth === 1 ? 'depth 1 (final)' : `depth ${significant(depth, 3)}`;
}

/** "mlp.down at depth 1". */
export function cellLabel(cell: Cell): string {
  return `${cell.role} at depth ${significant(cell.depth, 3)}`;
}

export function isSameCell(a: Cell, b: Cell): boolean {
  return a.role === b.role && a.depth === b.depth;
}

/** Sorted by role, then depth. */
export function inCellOrder<T extends Cell>(items: readonly T[]): T[] {
  const roles = rolesOf(items);
  return [...items].sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || a.depth - b.depth);
}

/** A role where it names a row of a chart. */
export function roleLabel(role: string): string {
  return shortLabel(role, 12);
}

/** Text cut to what fits beside a chart. */
export function shortLabel(text: string, length = 22): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

function rank(role: string): number {
  const index = ROLE_ORDER.indexOf(role);
  return index < 0 ? ROLE_ORDER.length : index;
}
