/** Experiments on spectral dynamics as one self-contained page and their charts as SVG files. */
import type { DynamicsResult } from '../dynamics/experiment.ts';
import { chartFiles } from './chartFiles.ts';
import { experimentChart } from './charts/experimentChart.ts';
import { page } from './page.ts';
import type { Report } from './renderReport.ts';
import { dynamicsEntry, dynamicsSection } from './sections/dynamicsSection.ts';

/** Same data, same bytes. @param results at least one */
export function renderDynamicsReport(results: readonly DynamicsResult[]): Report {
  const drawn = results.map((result) => ({ result, charts: result.figures.map(experimentChart) }));
  const claims = results.flatMap((result) => result.claims);
  const held = claims.filter(({ holds }) => holds).length;
  const head = {
    title: 'What the polar update does to weights',
    kicker: `Muonscope dynamics, ${results.map(({ experiment, size, seed }) => `${experiment} (${size}, seed ${seed})`).join(', ')}`,
    opening: [
      `${held} of ${claims.length} statements hold in these numbers; each stands below with its evidence.`,
      'The statements follow the abstract of arXiv:2606.08388; derivations are our own.',
    ],
  };
  return {
    html: page(
      head,
      drawn.map(({ result, charts }) => dynamicsSection(result, charts)),
      results.map(dynamicsEntry),
    ),
    charts: chartFiles(drawn.flatMap(({ charts }) => charts)),
  };
}
