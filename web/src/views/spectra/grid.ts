/** What the cells of the grid show. */
import type { Verdict } from '../../../../src/stability/plateau.ts';
import type { PageOverviewRow, PageSeriesList } from '../../../../src/workflows/pageData.ts';

/** Shape and word: no verdict is told by colour alone. */
const VERDICT_MARKS: Readonly<Record<Verdict, string>> = {
  settled: '● settled',
  drifting: '◢ drifting',
  'too short': '○ too short',
};

/** The verdict, or why there is none yet: it is found once all records are read. @param percent of the records, read */
export function verdictMark(row: Pick<PageOverviewRow, 'verdict'> | undefined, percent: number): string {
  if (row?.verdict) return VERDICT_MARKS[row.verdict];
  return percent < 100 ? `◌ reading ${percent} %` : '◌ no verdict';
}

/** How many hundredths are read; 100 only for all. */
export function percentRead({ read, size }: PageSeriesList['reading']): number {
  return read < size ? Math.floor((100 * read) / size) : 100;
}

/** The path of a small trajectory in a box of 60 x 22, on a logarithmic scale of its own, at least a tenth of a decade high. */
export function sparkline({ steps, values }: Pick<PageOverviewRow, 'steps' | 'values'>): string {
  const points = steps.map((step, i) => [step, Math.log10(values[i]!)] as const).filter(([, y]) => Number.isFinite(y));
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const ys = points.map(([, y]) => y);
  const middle = (Math.min(...ys) + Math.max(...ys)) / 2;
  const half = Math.max(0.05, (Math.max(...ys) - Math.min(...ys)) / 2);
  const place = ([step, y]: readonly [number, number]): string => {
    const x = last > first ? (60 * (step - first)) / (last - first) : 30;
    return `${x.toFixed(1)} ${(11 - (9 * (y - middle)) / half).toFixed(1)}`;
  };
  return points.length === 1 ? `M28 11H32` : points.map((point, i) => `${i === 0 ? 'M' : 'L'}${place(point)}`).join('');
}
