/** The experiment on random matrices as one self-contained page and its charts as SVG files. */
import { standaloneSvg } from './charts/chart.ts';
import { randomLossChart } from './charts/randomLossChart.ts';
import { randomOutputChart } from './charts/randomOutputChart.ts';
import { randomScalingChart } from './charts/randomScalingChart.ts';
import { randomSpectrumChart } from './charts/randomSpectrumChart.ts';
import { page } from './page.ts';
import type { RandomReportData } from './randomReportData.ts';
import type { Report } from './renderReport.ts';
import {
  RANDOM_CONTENTS,
  randomAfterSection,
  randomAnswerSection,
  randomBeforeSection,
  randomMethodSection,
  randomStatements,
} from './sections/randomSections.ts';

/** Same data, same bytes. Charts that need two sizes are left out where there is one. */
export function renderRandomReport(data: RandomReportData): Report {
  const { spectra, curves } = data;
  const spectrum = randomSpectrumChart(spectra);
  const scaling = randomScalingChart(spectra);
  const outputs = randomOutputChart(spectra);
  const loss = randomLossChart(spectra, curves);
  const sections = [
    randomAnswerSection(data),
    randomBeforeSection(data, spectrum, scaling),
    randomAfterSection(data, outputs, loss),
    randomMethodSection(data),
  ];
  const head = {
    title: 'Singular values of random matrices, before and after Newton-Schulz',
    kicker: `Muonscope random, ${data.entries}`,
    opening: randomStatements(data),
  };
  return {
    html: page(head, sections, RANDOM_CONTENTS),
    charts: [spectrum, scaling, outputs, loss].flatMap((chart) =>
      chart === null ? [] : [{ name: chart.name, svg: standaloneSvg(chart) }],
    ),
  };
}
