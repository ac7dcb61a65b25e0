/** What the columns of a table are, a line each. */
export type Legend = readonly (readonly [column: string, meaning: string])[];

/** Meanings under each other, two spaces in. */
export function formatLegend(legend: Legend): readonly string[] {
  const width = Math.max(...legend.map(([column]) => column.length));
  return legend.map(([column, meaning]) => `  ${column.padEnd(width)}  ${meaning}`);
}
