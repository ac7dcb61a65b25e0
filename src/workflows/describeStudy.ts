/** From what is asked for to what a study will do: its runs, each tried for a few steps, and how it was made. */
import type { EngineName } from '../graph/engine.ts';
import type { StudyRun, TrainedStudy } from '../store/study.ts';
import { requireModel } from '../train/gpt.ts';
import { trackingInterval } from './cadence.ts';
import { expectedSeconds } from './calibrate.ts';
import { describeMachine, softwareVersions, usableMemory } from './machine.ts';
import { type Preset, type Rung, studyRun, type TrainingChoices, trainConfig } from './presets.ts';
import { requireMemory } from './requireLadder.ts';
import type { RunResources } from './trainRun.ts';

export interface StudyOptions {
  readonly preset: Preset;
  /** Instead of the preset's rungs. */
  readonly rungs?: readonly Rung[];
  /** Instead of the preset's training choices. */
  readonly choices?: Partial<TrainingChoices>;
  readonly out: string;
  readonly seed: number;
  /** Files, folders or shards; empty for the text of the installed dependencies. */
  readonly text: readonly string[];
  /** Parameters to plan for. */
  readonly target: number;
  readonly engine: EngineName;
  /** Steps between spectra; chosen by time if left out. */
  readonly every?: number;
}

/** Plans the runs of a study with a short trial of each; null if `signal` stopped it. */
export async function describeStudy(
  options: StudyOptions,
  resources: RunResources,
  signal: AbortSignal,
): Promise<{ readonly study: TrainedStudy; readonly expectedSeconds: number } | null> {
  const { preset, seed, text, target } = options;
  const { corpus } = resources;
  const ladder = runsOf(options, corpus.vocabulary);
  let seconds = 0;
  for (const run of ladder) {
    seconds += await expectedSeconds(run, resources);
    if (signal.aborted) return null;
  }
  const study: TrainedStudy = {
    schema: 'muonscope.study-folder/1',
    origin: 'trained',
    preset: preset.name,
    created: new Date().toISOString(),
    seed,
    text,
    target,
    corpus: corpus.description,
    ladder,
    versions: softwareVersions(),
    machine: describeMachine(),
  };
  return { study, expectedSeconds: seconds };
}

/** The runs as asked for. @throws DomainError or UsageError for a size that makes no model or needs too much memory */
function runsOf({ preset, rungs, choices, seed, every }: StudyOptions, vocabulary: number): readonly StudyRun[] {
  const memory = usableMemory();
  return (rungs ?? preset.rungs).map((rung) => {
    const config = trainConfig(rung, { ...preset, ...choices, seed, vocabulary });
    requireModel(config.model);
    const run = studyRun(rung, config, every ?? trackingInterval(config, preset.every));
    requireMemory(run, memory);
    return run;
  });
}
