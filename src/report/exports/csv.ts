/** A plan as a table for spreadsheets: one line a row of the plan (RFC 4180, comma, UTF-8, header). */
import type { Plan, PlanLayer } from '../../planner/plan.ts';

type Cell = string | number | undefined;

const COLUMNS: readonly (readonly [title: string, cell: (row: PlanLayer) => Cell])[] = [
  ['role', ({ role }) => role],
  ['part', ({ part }) => part],
  ['layer', ({ layer }) => layer],
  ['depth', ({ depth }) => depth],
  ['parameter', ({ parameter }) => parameter],
  ['rows', ({ shape }) => shape?.[0]],
  ['columns', ({ shape }) => shape?.[1]],
  ['matrices', ({ matrices }) => matrices],
  ['sigma', ({ sigma }) => sigma.value],
  ['sigma_low', ({ sigma }) => sigma.low],
  ['sigma_high', ({ sigma }) => sigma.high],
  ['planned_for', ({ plannedFor }) => plannedFor],
  ['schedule', ({ schedule }) => schedule.name],
  ['products', ({ products }) => products],
  ['flops', ({ flops }) => flops],
  ['output', ({ output }) => output.value],
  ['met', ({ met }) => (met === undefined ? undefined : String(met))],
  ['weak_law', ({ weak }) => (weak === undefined ? undefined : String(weak))],
  ['entry_scale', ({ schedule }) => schedule.entry.scale],
  ['entry_epsilon', ({ schedule }) => schedule.entry.epsilon],
  ['coefficients', ({ schedule }) => schedule.coefficients.map((step) => step.join(' ')).join('; ')],
  ['remedy', ({ remedy }) => remedy?.name],
];

export function csvFile({ layers }: Plan): string {
  return csvText([COLUMNS.map(([title]) => title), ...layers.map((row) => COLUMNS.map(([, cell]) => cell(row)))]);
}

/** Any table as CSV; the first line is its header. */
export function csvText(lines: readonly (readonly Cell[])[]): string {
  return lines
    .map((line) => line.map(field))
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');
}

function field(cell: Cell): string {
  const text = cell === undefined ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
