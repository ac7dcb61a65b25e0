/** A chart that can be redrawn, drawn once: with its legend above and the titles of its axes, as a report shows it. */
import { axisTitles, CHART_WIDTH, type Chart, panel } from './chart.ts';
import type { ChartSpec } from './chartSpec.ts';
import { legend } from './legend.ts';

/** Room for the titles of the axes, which a page sets as text of its own. */
const ROOM = { left: 18, bottom: 16 };

export function specChart(spec: ChartSpec): Chart {
  const options = spec.plot(CHART_WIDTH, () => true);
  const margins = {
    left: (options.marginLeft ?? 0) + ROOM.left,
    right: options.marginRight ?? 0,
    bottom: (options.marginBottom ?? 0) + ROOM.bottom,
  };
  const height = (options.height ?? 0) + ROOM.bottom;
  const keys = legend(
    spec.keys.map(({ label, ink, mark = 'line' }) => ({ label, ink, mark })),
    margins.left,
  );
  return {
    name: spec.name,
    title: spec.title,
    description: spec.description,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, { ...options, height, marginLeft: margins.left, marginBottom: margins.bottom }) +
      axisTitles(spec.axes, { top: keys.height, height, left: margins.left, right: margins.right }),
  };
}
