/**
 * A study as one self-contained page and its charts as SVG files.
 *
 * The page holds everything it shows: no script, no request. Same data, same bytes.
 */
import { answer, baselineProducts } from './answer.ts';
import { type ChartFile, chartFiles } from './chartFiles.ts';
import type { Chart } from './charts/chart.ts';
import { experimentChart } from './charts/experimentChart.ts';
import { exponentChart } from './charts/exponentChart.ts';
import { lawChart } from './charts/lawChart.ts';
import { lossChart } from './charts/lossChart.ts';
import { planChart } from './charts/planChart.ts';
import { responseChart } from './charts/responseChart.ts';
import { trajectoryChart } from './charts/trajectoryChart.ts';
import { checkReportData } from './checkReportData.ts';
import { type Contents, page, STUDY_CONTENTS } from './page.ts';
import type { ReportData } from './reportData.ts';
import { answerSection } from './sections/answerSection.ts';
import { dynamicsEntry, dynamicsSection } from './sections/dynamicsSection.ts';
import { lawsSection } from './sections/lawsSection.ts';
import { methodSection } from './sections/methodSection.ts';
import { newtonSchulzSection, planSection } from './sections/planSection.ts';
import { RANDOM_IN_STUDY, randomCharts, randomStudySection } from './sections/randomSections.ts';
import { runsSection } from './sections/runsSection.ts';
import { type RunChart, stabilitySection } from './sections/stabilitySection.ts';
import { count } from './wording.ts';

export interface Report {
  readonly html: string;
  readonly charts: readonly ChartFile[];
}

/**
 * Parts that the data does not hold (no laws, no plan, no spectra) are said to be missing, in words.
 *
 * @throws DomainError if lists differ in length or a planned schedule has no response curve
 */
export function renderReport(data: ReportData): Report {
  checkReportData(data);
  const { laws, plan } = data;
  const loss = lossChart(data.runs);
  const trajectories = trajectoryCharts(data);
  const lawPanels = laws && lawChart(laws, data.forecasts, plan?.target.params ?? null);
  const exponents = laws && exponentChart(laws, data.published);
  const response = plan && responseChart(plan, data.responses, data.forecasts);
  const overview = plan && planChart(plan, baselineProducts(data, plan));
  const random = data.random && randomCharts(data.random);
  const dynamics = data.dynamics.map((result) => ({ result, charts: result.figures.map(experimentChart) }));
  const sections = [
    answerSection(data, overview),
    runsSection(data, loss),
    stabilitySection(data, trajectories),
    lawsSection(data, lawPanels, exponents),
    newtonSchulzSection(data, response),
    planSection(data),
    ...(data.random && random ? [randomStudySection(data.random, random)] : []),
    ...dynamics.map(({ result, charts }) => dynamicsSection(result, charts)),
    methodSection(data),
  ];
  const charts = [loss, ...trajectories.map((t) => t.chart), lawPanels, exponents, response, overview];
  return {
    html: page(
      {
        title: titleOf(data),
        kicker: kickerOf(data),
        opening: answer(data),
      },
      sections,
      contentsOf(data),
    ),
    charts: chartFiles([...charts, ...Object.values(random ?? {}), ...dynamics.flatMap((found) => found.charts)]),
  };
}

/** Sections on random matrices and dynamics stand before the last one, how it was made. */
function contentsOf({ random, dynamics }: ReportData): Contents {
  return [
    ...STUDY_CONTENTS.slice(0, -1),
    ...(random ? [RANDOM_IN_STUDY] : []),
    ...dynamics.map(dynamicsEntry),
    ...STUDY_CONTENTS.slice(-1),
  ];
}

function kickerOf({ study }: ReportData): string {
  const kind = study.origin === 'trained' ? `study, preset ${study.preset}` : 'on runs trained elsewhere';
  return `Muonscope ${kind}, ${study.created.slice(0, 10)}`;
}

function titleOf({ runs }: ReportData): string {
  return `Singular values of Muon's momentum over ${count(runs.length, 'model')}`;
}

/** One chart a run in ladder order; a number is added where two runs would share a file name. */
function trajectoryCharts({ runs, tracked }: ReportData): RunChart[] {
  const used = new Set<string>();
  return runs.flatMap(({ description: { run } }) => {
    const chart = trajectoryChart(
      run,
      tracked.filter(({ trajectory }) => trajectory.run === run),
    );
    return chart === null ? [] : [{ run, chart: withUniqueName(chart, used) }];
  });
}

function withUniqueName(chart: Chart, used: Set<string>): Chart {
  let name = chart.name;
  for (let i = 2; used.has(name); i++) name = `${chart.name}-${i}`;
  used.add(name);
  return { ...chart, name };
}
