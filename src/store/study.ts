/** What a study folder says about itself: plain data, validated on reading (see schemas.ts). */
import type { Plan } from '../planner/plan.ts';
import type { Law } from '../scaling/law.ts';
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

/** STUDY/study.json */
export interface StudyDescription {
  readonly schema: 'muonscope.study-folder/1';
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

/** STUDY/runs/<run>/run.json */
export interface RunDescription extends StudyRun {
  readonly schema: 'muonscope.run/1';
  readonly engine: string;
  readonly corpusSha256: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly optimizer: 'muon' | 'adamw';
  }[];
}

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
