/** A figure of an experiment as a report shows it. */
import type { DynamicsFigure } from '../../dynamics/experiment.ts';
import type { Chart } from './chart.ts';
import { linesSpec } from './linesSpec.ts';
import { specChart } from './specChart.ts';

/** @returns null if the figure has no point that its axes can show */
export function experimentChart(figure: DynamicsFigure): Chart | null {
  const spec = linesSpec(figure);
  return spec === null ? null : specChart(spec);
}
