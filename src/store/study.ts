/** What a study folder says about itself: plain data, validated on reading (see schemas.ts). */
import type { Plan } from '../planner/plan.ts';
import type { Law } from '../scaling/law.ts';
import type { CheckpointFormat, SkippedTensor } from '../sources/checkpoints/checkpoint.ts';
import type { CorpusDescription } from '../sources/text/corpusDescription.ts';
import type { TrainConfig } from '../train/config.ts';

export type { CorpusDescription };

/** One rung of the ladder: a run and its size. */
export interface StudyRun {
  readonly run: string;
  readonly config: TrainConfig;
  readonly params: number;
  readonly nonEmbeddingParams: number;
  /** Steps between two spectra. */
  readonly every: number;
}

/** STUDY/study.json: who made the runs that the folder began with. Observed runs may join those of either. */
export type StudyDescription = TrainedStudy | ObservedStudy;

/** A ladder that is trained here. */
export interface TrainedStudy {
  readonly schema: 'muonscope.study-folder/1';
  readonly origin: 'trained';
  readonly preset: string;
  readonly created: string;
  readonly seed: number;
  /** Arguments that decide the numbers; a resume must agree with them. */
  readonly text: readonly string[];
  readonly target: number;
  readonly corpus: CorpusDescription;
  readonly ladder: readonly StudyRun[];
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly platform: string;
  };
}

/** Runs that were trained elsewhere: whatever folders runs/ holds. */
export interface ObservedStudy {
  readonly schema: 'muonscope.study-folder/1';
  readonly origin: 'observed';
  readonly created: string;
  /** Of the intervals of its laws. */
  readonly seed: number;
  /** Parameters that its report plans for. */
  readonly target: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** STUDY/runs/<run>/run.json */
export type RunDescription = TrainedRun | ObservedRun;

/** A rung of the ladder that is trained here. */
export interface TrainedRun extends StudyRun {
  readonly schema: 'muonscope.run/1';
  readonly origin: 'trained';
  readonly engine: string;
  readonly corpusSha256: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly optimizer: 'muon' | 'adamw';
  }[];
}

/** A run that was trained elsewhere and measured here, or recorded there. */
export interface ObservedRun {
  readonly schema: 'muonscope.run/1';
  readonly origin: 'observed';
  readonly run: string;
  readonly params: number;
  /** Counted as the entries of all matrices that Muon keeps momentum for, where the source tells no number. */
  readonly nonEmbeddingParams: number;
}

/** One line of sources.jsonl: a checkpoint or log whose spectra are all recorded. */
export interface SourceRecord {
  readonly schema: 'muonscope.source/1';
  readonly kind: 'checkpoint' | 'log';
  /** Path or URL as given. */
  readonly name: string;
  readonly format: CheckpointFormat | LogFormat;
  /** Whose conventions were recognised, e.g. "torch.optim.Muon"; null for logs. */
  readonly layout: string | null;
  /** Of a checkpoint; null for logs, whose lines carry their own. */
  readonly step: number | null;
  /** Spectra that came of it, those recorded before included. */
  readonly spectra: number;
  readonly skipped: readonly SkippedTensor[];
  /** When it was read, ISO 8601. */
  readonly read: string;
}

/** What `ingest` reads. */
export type LogFormat = 'jsonl' | 'csv' | 'parquet';

/** One line of metrics.jsonl. */
export interface MetricsRecord {
  /** Optimizer steps done, this one included: the first is 1; 0 may tell the losses before training. */
  readonly step: number;
  readonly loss: number;
  /** Mean over the fixed validation batches; null on steps without validation. */
  readonly validationLoss: number | null;
  /** Muon's learning rate at this step. */
  readonly lr: number;
  /** Tokens seen so far. */
  readonly tokens: number;
  /** Wall time of this step: gradients and update. */
  readonly seconds: number;
  /** Of which: forward and gradients. */
  readonly gradientSeconds: number;
  /** Wall time spent measuring spectra at this step. */
  readonly trackingSeconds: number;
}

/** What a finished run reports (one element of `study --json` runs). */
export interface RunSummary {
  readonly run: string;
  readonly params: number;
  readonly nonEmbeddingParams: number;
  readonly steps: number;
  readonly tokens: number;
  readonly finalLoss: number;
  readonly validationLoss: number | null;
  readonly tokensPerSecond: number;
  readonly gflops: number;
  readonly trackingShare: number;
}

/** `study --json` */
export interface StudyResult {
  readonly schema: 'muonscope.study/1';
  /** The study's folder as given. */
  readonly out: string;
  readonly runs: readonly RunSummary[];
  readonly laws: readonly Law[];
  readonly plan: Plan;
}
