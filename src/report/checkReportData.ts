/** The edge of the report: what its charts and sentences rely on. */
import { DomainError } from '../base/errors.ts';
import { cellLabel, isSameCell } from './cells.ts';
import type { ReportData } from './reportData.ts';

/**
 * @throws DomainError if a list that should run in step with another does not, or a law has no forecast
 * curve, or a schedule of the plan no response curve
 */
export function checkReportData(data: ReportData): void {
  for (const { trajectory } of data.tracked)
    if (trajectory.steps.length !== trajectory.values.length)
      throw new DomainError(
        `report: ${trajectory.role} of ${trajectory.run} has ${trajectory.steps.length} steps and ` +
          `${trajectory.values.length} values; each step needs one value`,
      );
  for (const { name, sigma, output } of data.responses)
    if (sigma.length !== output.length)
      throw new DomainError(
        `report: the response of ${name} has ${sigma.length} inputs and ${output.length} outputs; each input needs one`,
      );
  for (const law of data.laws?.laws ?? [])
    if (!data.forecasts.some((curve) => isSameCell(curve, law) && curve.quantile === law.quantile))
      throw new DomainError(
        `report: the law of ${cellLabel(law)}, q = ${law.quantile}, has no forecast curve; pass one for every law`,
      );
  if (data.plan === null) return;
  const curves = new Set(data.responses.map((curve) => curve.name));
  for (const name of [data.plan.baseline.name, ...data.plan.layers.map((layer) => layer.schedule.name)])
    if (!curves.has(name))
      throw new DomainError(`report: the plan names the schedule ${name}, whose response curve is missing; pass one`);
}
