/** What was measured in checkpoints: `scan --json`. Fields that a checkpoint does not tell are null. */
import type { CheckpointFormat, SkippedTensor } from '../sources/checkpoints/checkpoint.ts';
import type { SkipCause } from '../sources/momentum/momentumMatrix.ts';
import type { MomentumIdentity, MomentumStage } from '../sources/momentumSample.ts';
import type { SpectrumValues } from './spectrum.ts';

/** The result of a scan. */
export interface ScannedMomentum {
  readonly schema: 'muonscope.scan/1';
  /** Path or URL of the first checkpoint, as given. */
  readonly checkpoint: string;
  /** Its format. */
  readonly format: CheckpointFormat;
  /** All checkpoints, in the order they were measured. */
  readonly checkpoints: readonly ScannedCheckpoint[];
  /** Records of all checkpoints; run and step tell them apart. */
  readonly matrices: readonly ScannedSpectrum[];
  readonly skipped: readonly SkippedMatrix[];
}

/** One checkpoint: a file, a folder, or the files of several ranks. */
export interface ScannedCheckpoint {
  readonly checkpoint: string;
  readonly format: CheckpointFormat;
  /** Whose conventions were recognised, e.g. "torch.optim.Muon". */
  readonly layout: string;
  readonly run: string;
  readonly step: number | null;
  /** What was measured, and what NS receives in this run where that is known. */
  readonly stage: MomentumStage;
  readonly nsInput: MomentumStage | null;
  readonly notes: readonly string[];
}

/** A spectrum record whose run may be known by little. */
export interface ScannedSpectrum
  extends Omit<MomentumIdentity, 'params' | 'nonEmbeddingParams' | 'step'>,
    SpectrumValues {
  readonly schema: 'muonscope.spectrum/1';
  readonly params: number | null;
  readonly nonEmbeddingParams: number | null;
  readonly step: number | null;
}

/** Why a matrix was found and not measured. */
export type UnmeasuredCause = SkipCause | 'not finite' | 'too large';

export interface SkippedMatrix extends SkippedTensor {
  readonly cause: UnmeasuredCause;
  readonly checkpoint: string;
}

/** A matrix that a checkpoint holds: one element of `scan --list --json`. */
export interface ListedMatrix extends Pick<MomentumIdentity, 'name' | 'role' | 'layer' | 'layers' | 'depth' | 'dtype'> {
  readonly shape: readonly [number, number];
}

/** What checkpoints hold, without their numbers: `scan --list --json`. */
export interface ListedMomentum {
  readonly schema: 'muonscope.scan-list/1';
  readonly checkpoints: readonly (ScannedCheckpoint & {
    readonly params: number | null;
    readonly nonEmbeddingParams: number | null;
    readonly matrices: readonly ListedMatrix[];
  })[];
  readonly skipped: readonly SkippedMatrix[];
}
