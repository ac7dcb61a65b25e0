/** Charts as files beside a page. */
import { type Chart, standaloneSvg } from './charts/chart.ts';

/** `name` is safe as a file name without ending, unique in its report. */
export interface ChartFile {
  readonly name: string;
  readonly svg: string;
}

/** Those there are, in their order. */
export function chartFiles(charts: readonly (Chart | null)[]): readonly ChartFile[] {
  return charts.flatMap((chart) => (chart === null ? [] : [{ name: chart.name, svg: standaloneSvg(chart) }]));
}
