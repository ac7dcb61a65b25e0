import { formatCount, formatShare, significant } from '../../base/numbers.ts';
import type { RunSummary } from '../../store/study.ts';
import { formatTable } from '../terminal.ts';

/** The runs of a study, one a line. */
export function runTable(runs: readonly RunSummary[], width?: number): string {
  return formatTable(
    [
      { title: 'run', align: 'left' },
      { title: 'params', align: 'right' },
      { title: 'steps', align: 'right' },
      { title: 'tokens', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'validation', align: 'right' },
      { title: 'tokens/s', align: 'right' },
      { title: 'GFLOP/s', align: 'right' },
      { title: 'tracking', align: 'right' },
    ],
    runs.map((run) => [
      run.run,
      formatCount(run.params),
      String(run.steps),
      formatCount(run.tokens),
      run.finalLoss.toFixed(3),
      run.validationLoss?.toFixed(3) ?? '-',
      formatCount(run.tokensPerSecond),
      significant(run.gflops, 3),
      formatShare(run.trackingShare, 2),
    ]),
    { width },
  );
}
