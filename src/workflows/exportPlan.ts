/** A plan as a file that a training framework can import. */
import { dirname } from 'node:path';
import { writeWhole } from '../store/files.ts';
import { softwareVersions } from './machine.ts';
import { forecasterOf, type PlanRequest } from './plan.ts';
import { type ExportFormat, type PlanFile, planFile } from './planFile.ts';

/** {@link planFile} of a request. @throws UsageError as it does; others as planTarget */
export async function exportPlan(request: PlanRequest, format: ExportFormat): Promise<PlanFile> {
  const version = softwareVersions().muonscope ?? '';
  return planFile({ ...request, forecastIn: await forecasterOf(request), version }, format);
}

/** Writes the file whole. @throws StudyError if the disk refuses */
export function writePlanFile(path: string, { text }: PlanFile): void {
  writeWhole(path, text, dirname(path));
}
