/** A chart that can be redrawn, drawn once: with its legend above and the titles of its axes, as a report shows it. */
import * as Plot from '@observablehq/plot';
import { MUTED } from '../palette.ts';
import { axisTitles, CHART_WIDTH, type Chart, panel } from './chart.ts';
import type { ChartSpec } from './chartSpec.ts';
import { legend } from './legend.ts';

/** Room for the titles of the axes, which a page sets as text of its own. */
const ROOM = { left: 18, bottom: 16 };

/** What is shown of a chart: all of it where left out. */
export interface Shown {
  readonly isShown: (key: string) => boolean;
  /** A value of x that is marked; null for none. */
  readonly mark: number | null;
}

export function specChart(spec: ChartSpec, { isShown, mark }: Shown = { isShown: () => true, mark: null }): Chart {
  const options = spec.plot(CHART_WIDTH, isShown);
  const margins = {
    left: (options.marginLeft ?? 0) + ROOM.left,
    right: options.marginRight ?? 0,
    bottom: (options.marginBottom ?? 0) + ROOM.bottom,
  };
  const height = (options.height ?? 0) + ROOM.bottom;
  const keys = legend(
    spec.keys.filter(({ id }) => isShown(id)).map((key) => ({ mark: 'line', ...key })),
    margins.left,
  );
  const marked = mark === null ? [] : [Plot.ruleX([mark], { stroke: MUTED.light, strokeDasharray: '4,3' })];
  return {
    name: spec.name,
    title: spec.title,
    description: spec.description,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        ...options,
        ...{ height, marginLeft: margins.left, marginBottom: margins.bottom },
        marks: [...(options.marks ?? []), ...marked],
      }) +
      axisTitles(spec.axes, { top: keys.height, height, left: margins.left, right: margins.right }),
  };
}
