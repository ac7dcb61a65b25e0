/** The experiment on random matrices as one self-contained page and its charts as SVG files. */
import { chartFiles } from './chartFiles.ts';
import { page } from './page.ts';
import type { RandomReportData } from './randomReportData.ts';
import type { Report } from './renderReport.ts';
import {
  RANDOM_CONTENTS,
  randomAfterSection,
  randomAnswerSection,
  randomBeforeSection,
  randomCharts,
  randomMethodSection,
  randomStatements,
} from './sections/randomSections.ts';

/** Same data, same bytes. Charts that need two sizes are left out where there is one. */
export function renderRandomReport(data: RandomReportData): Report {
  const charts = randomCharts(data);
  const sections = [
    randomAnswerSection(data),
    randomBeforeSection(data, charts),
    randomAfterSection(data, charts),
    randomMethodSection(data),
  ];
  const head = {
    title: 'Singular values of random matrices, before and after Newton-Schulz',
    kicker: `Muonscope random, ${data.entries}`,
    opening: randomStatements(data),
  };
  return { html: page(head, sections, RANDOM_CONTENTS), charts: chartFiles(Object.values(charts)) };
}
