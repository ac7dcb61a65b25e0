/** What the page is told, as plain data: the answers of the server, and what a single file would embed. */

import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import type { Plateau, Verdict } from '../stability/plateau.ts';
import type { SeriesIdentity } from '../store/growingSeries.ts';
import type { MetricsRecord, StudyDescription } from '../store/study.ts';

/** A study that is shown. */
export interface PageStudy {
  /** In URLs: letters, digits, hyphens. */
  readonly id: string;
  /** Its folder as the user would name it. */
  readonly name: string;
  readonly origin: StudyDescription['origin'];
  /** ISO 8601; empty where study.json cannot be read. */
  readonly created: string;
  /** Parameters; 0 where study.json cannot be read. */
  readonly target: number;
  readonly runs: readonly PageRun[];
  /** Documents the study holds. */
  readonly documents: readonly DocumentName[];
  /** What of the study cannot be read, in words; the rest is shown. */
  readonly notes: readonly string[];
}

/** A run that has begun. */
export interface PageRun {
  readonly run: string;
  readonly origin: 'trained' | 'observed';
  readonly params: number;
  readonly nonEmbeddingParams: number;
  /** Steps of its config; null where that is not known. */
  readonly plannedSteps: number | null;
}

export type DocumentName = 'laws' | 'plan' | 'random' | 'dynamics';

/** The matrices of a run, and how far its records have been read. */
export interface PageSeriesList {
  readonly series: readonly PageSeries[];
  readonly records: number;
  /** Bytes; equal once all that is finished has been read. */
  readonly reading: { readonly read: number; readonly size: number };
  /** Lines of the records that hold no spectrum, in words. */
  readonly damaged: readonly string[];
}

/** One matrix at one stage. */
export interface PageSeries
  extends Pick<SeriesIdentity, 'name' | 'role' | 'layer' | 'depth' | 'stage' | 'shape' | 'quantiles'> {
  /** Its place: the key of requests. */
  readonly index: number;
  readonly records: number;
  readonly lastStep: number;
  /** Latest value at the quantile nearest 0.5. */
  readonly median: number;
  readonly outlierShare: number;
}

/** One quantile of a matrix over the steps, thinned to pixels, with what the plateau rule says of all its samples. */
export interface PageTrajectory {
  readonly index: number;
  readonly quantile: number;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  readonly plateau: Plateau;
}

/** One matrix in the grid: one quantile over the steps, thinned, and its plateau. */
export interface PageOverviewRow {
  readonly index: number;
  /** The recorded quantile nearest the one asked for. */
  readonly quantile: number;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** null while the run's records are still being read. */
  readonly verdict: Verdict | null;
  /** Mean over the plateau's window; null where there is none. */
  readonly plateau: number | null;
  readonly reason: string;
}

/** Every record of one matrix, for scrubbing: thinned to at most so many steps, evenly. */
export interface PageHistory {
  readonly index: number;
  readonly quantiles: readonly number[];
  readonly floor: number;
  readonly steps: readonly number[];
  /** A row a quantile, each as long as `steps`; null where a record lacks it. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly spectral: readonly number[];
  readonly smallest: readonly number[];
  readonly stableRank: readonly number[];
  readonly effectiveRank: readonly number[];
  readonly outlierShare: readonly number[];
}

/** Losses and speed of a run, thinned to pixels. */
export interface PageMetrics {
  readonly run: string;
  readonly records: number;
  readonly metrics: readonly MetricsRecord[];
  /** What of the file cannot be read, in words. */
  readonly damaged: readonly string[];
}

/** Told when a study changes. */
export interface PageChange {
  readonly study: string;
  /** null if the study's documents or its list of runs changed. */
  readonly run: string | null;
  readonly what: 'spectra' | 'metrics' | 'study';
}

/** One study with everything its views ask for: what a single file embeds. */
export interface PageSnapshot {
  readonly schema: 'muonscope.page/1';
  readonly study: PageStudy;
  readonly documents: Readonly<Partial<Record<DocumentName, unknown>>>;
  /** Laws fitted to the records by either count of parameters; null where they carry none. */
  readonly fitted: Readonly<Record<SizeConvention, LawsDocument | null>>;
  readonly runs: readonly PageRunSnapshot[];
}

export interface PageRunSnapshot {
  readonly run: string;
  readonly list: PageSeriesList;
  /** Of every series and recorded quantile. */
  readonly trajectories: readonly PageTrajectory[];
  /** Of every series, at the quantile nearest the middle. */
  readonly overview: readonly PageOverviewRow[];
  /** Of every series, in its place. */
  readonly histories: readonly PageHistory[];
  readonly metrics: PageMetrics;
}
