/** What a study says while it runs: the plan of work first, a progress line, a line a finished run. */
import { formatCount, formatSeconds } from '../base/numbers.ts';
import type { TrainedStudy } from '../store/study.ts';
import type { StudyListener } from '../workflows/study.ts';
import { print, stderrProgress, tell } from './output.ts';
import { formatTable } from './terminal.ts';

/** Weight of the newest step in the smoothed loss and rate of the progress line. */
const SMOOTHING = 0.05;

export interface StudyProgress extends StudyListener {
  /** Before the study is planned, which takes a few steps of every model. */
  preparing(): void;
  /** Whether the study's folder has been made. */
  begun(): boolean;
  interrupted(): void;
  end(): void;
}

/** With `json`, stdout is left to the document and all news goes to stderr. */
export function createStudyListener({ json, out }: { readonly json: boolean; readonly out: string }): StudyProgress {
  const progress = stderrProgress();
  const say = json ? tell : print;
  const loss = smoothed();
  const rate = smoothed();
  let runs: readonly string[] | null = null;
  const place = (run: string): string => (runs ? `${run} (${runs.indexOf(run) + 1} of ${runs.length})` : run);
  return {
    preparing: () => progress.update({ label: 'Timing a few steps of each model', done: 0, total: 1 }),
    begun: () => runs !== null,
    planned: (study, expectedSeconds) => {
      runs = study.ladder.map(({ run }) => run);
      progress.end();
      say(describePlan(study, out, expectedSeconds));
    },
    runStarted: ({ run, config }, fromStep, dropped) => {
      loss.reset();
      rate.reset();
      const again = dropped > 0 ? `; ${dropped} steps after the last checkpoint are done again` : '';
      if (fromStep === config.steps) progress.note(`${run}: already trained`);
      else if (fromStep > 0) progress.note(`${run}: going on from step ${fromStep}${again}`);
      else if (dropped > 0) progress.note(`${run}: beginning again; its first ${dropped} steps had no checkpoint yet`);
    },
    stepDone: ({ run, config }, step) => {
      const details = [
        `loss ${loss.add(step.loss).toFixed(3)}`,
        `${formatCount(rate.add(step.tokensPerSecond))} tokens/s`,
      ];
      progress.update({ label: place(run), done: step.step, total: config.steps, details });
    },
    runDone: ({ run, validationLoss, finalLoss, tokensPerSecond }) => {
      const validation = validationLoss === null ? '' : `, validation ${validationLoss.toFixed(3)}`;
      progress.note(`${run}: loss ${finalLoss.toFixed(3)}${validation}, ${formatCount(tokensPerSecond)} tokens/s`);
    },
    interrupted: () => progress.note('Stopping after this step ...'),
    end: () => progress.end(),
  };
}

function describePlan(study: TrainedStudy, out: string, expectedSeconds: number | null): string {
  const { corpus, ladder } = study;
  const tokens = ladder.reduce((sum, { config }) => sum + config.steps * tokensPerStep(config), 0);
  const table = formatTable(
    [
      { title: 'run', align: 'left' },
      { title: 'params', align: 'right' },
      { title: 'steps', align: 'right' },
      { title: 'tokens', align: 'right' },
      { title: 'spectra every', align: 'right' },
    ],
    ladder.map(({ run, params, config, every }) => [
      run,
      formatCount(params),
      String(config.steps),
      formatCount(config.steps * tokensPerStep(config)),
      every === 1 ? '1 step' : `${every} steps`,
    ]),
  );
  const time = expectedSeconds === null ? '' : `, about ${formatSeconds(expectedSeconds)} on this machine`;
  return [
    `Training ${ladder.length} models on ${formatCount(tokens)} tokens${time}.`,
    `Text: ${corpus.source}, ${formatCount(corpus.tokens)} tokens from ${corpus.files.length} files. Study: ${out}`,
    '',
    table,
    '',
  ].join('\n');
}

function tokensPerStep({ batch, accumulation, model }: TrainedStudy['ladder'][number]['config']): number {
  return batch * accumulation * model.context;
}

function smoothed(): { add(value: number): number; reset(): void } {
  let mean: number | null = null;
  return {
    add: (value) => {
      mean = mean === null ? value : mean + SMOOTHING * (value - mean);
      return mean;
    },
    reset: () => {
      mean = null;
    },
  };
}
