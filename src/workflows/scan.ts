/** Spectra of every momentum matrix of checkpoints, told as they are done and kept in a study if asked for. */
import { FormatError, UsageError } from '../base/errors.ts';
import type { CheckpointFormat } from '../sources/checkpoints/checkpoint.ts';
import type { FoundMomentum, MomentumMatrix } from '../sources/momentum/momentumMatrix.ts';
import { measureValues } from '../spectra/measure.ts';
import type { ScannedCheckpoint, ScannedMomentum, ScannedSpectrum, SkippedMatrix } from '../spectra/scannedMomentum.ts';
import type { Spectrum, SpectrumValues } from '../spectra/spectrum.ts';
import type { ObservedRunWriter } from '../store/observedRun.ts';
import type { SourceRecord } from '../store/study.ts';
import type { StudyWriter } from '../store/studyFolder.ts';
import { chooseMatrices, type MatrixChoice } from './chooseMatrices.ts';
import { type MatrixOutcome, measureMatrices, withPool, workersFor, workOf } from './measureMatrices.ts';
import { observedRunFor, openForObserving } from './observedStudy.ts';
import { runNameOf } from './runName.ts';

/** The momentum of one step of one run, found and not read yet: a file, a folder, or the files of several ranks. */
export interface OpenedMomentum {
  /** Path or URL as given; of several files the first. */
  readonly name: string;
  readonly format: CheckpointFormat;
  readonly found: FoundMomentum;
  close(): Promise<void>;
}

/** What is measured and where it goes. */
export interface ScanRequest extends MatrixChoice {
  /** A study that the spectra are added to. */
  readonly out?: string;
  /** Name of the run, instead of what the path of the checkpoint says. */
  readonly run?: string;
  /** Optimizer steps done, instead of what the checkpoint says. */
  readonly step?: number;
  /** Parameters of the model, and those outside embeddings and head, instead of what the checkpoint says. */
  readonly params?: number;
  readonly nonEmbeddingParams?: number;
  readonly workers?: number;
}

/** Told as a scan goes on. */
export interface ScanListener {
  /** A checkpoint was opened: what will be measured of it, and how many of its spectra the study has already. */
  opened(checkpoint: ScannedCheckpoint, matrices: readonly MomentumMatrix[], recorded: number): void;
  /** `share` of the work on this checkpoint is done. */
  measured(spectrum: ScannedSpectrum, share: number): void;
  skipped(matrix: SkippedMatrix): void;
}

/**
 * Measures checkpoints one after the other.
 *
 * @param open the checkpoints; each is closed before the next one is opened
 * @returns null if `signal` stopped it; what was measured before is in the study
 * @throws UsageError if a study is asked for and the size of a checkpoint is not known, FormatError if its step is not
 */
export async function scanMomentum(
  open: readonly (() => Promise<OpenedMomentum>)[],
  request: ScanRequest,
  listener: ScanListener,
  signal: AbortSignal,
): Promise<ScannedMomentum | null> {
  if (request.step !== undefined && open.length > 1)
    throw new UsageError(
      `--step: is the step of one checkpoint, got ${open.length}; scan each with its own --step, or name their files by step`,
    );
  const study = request.out === undefined ? null : openForObserving(request.out);
  const scanned: CheckpointScan[] = [];
  try {
    for (const openNext of open) {
      scanned.push(await scanOne(openNext, request, study, listener, signal));
      if (signal.aborted) return null;
    }
  } finally {
    study?.close();
  }
  return documentOf(scanned);
}

/** What came of one checkpoint. */
export interface CheckpointScan {
  readonly checkpoint: ScannedCheckpoint;
  readonly matrices: readonly ScannedSpectrum[];
  readonly skipped: readonly SkippedMatrix[];
}

/** Opens, measures and closes one checkpoint. */
export async function scanOne(
  open: () => Promise<OpenedMomentum>,
  request: ScanRequest,
  study: StudyWriter | null,
  listener: ScanListener,
  signal: AbortSignal,
): Promise<CheckpointScan> {
  const opened = await open();
  try {
    const checkpoint = describeCheckpoint(opened, request);
    const writer = study === null ? null : openRun(study, opened, checkpoint, request);
    try {
      return await scanInto(opened, checkpoint, { request, writer, listener, signal });
    } finally {
      writer?.close();
    }
  } finally {
    await opened.close();
  }
}

/** What a checkpoint is, with what the request says in place of what it does not. */
export function describeCheckpoint(
  { name, format, found }: OpenedMomentum,
  { run, step }: Pick<ScanRequest, 'run' | 'step'>,
): ScannedCheckpoint {
  const { layout, stage, nsInput, notes } = found;
  return {
    checkpoint: name,
    format,
    layout,
    run: run ?? runNameOf(name),
    step: step ?? found.step,
    stage,
    nsInput,
    notes,
  };
}

/** What the reader and the search for momentum left out. */
export function leftOut({ name, found }: OpenedMomentum): readonly SkippedMatrix[] {
  return found.skipped.map((skipped) => ({ ...skipped, checkpoint: name }));
}

function openRun(
  study: StudyWriter,
  { name, found }: OpenedMomentum,
  { run, step }: ScannedCheckpoint,
  request: ScanRequest,
): ObservedRunWriter {
  if (step === null)
    throw new FormatError(
      `${name}: its step is not known, which a trajectory needs; scan it with --step, e.g. --step 1000`,
      name,
    );
  const counted = found.matrices.reduce((sum, { shape: [m, n] }) => sum + m * n, 0);
  const description = observedRunFor(study, {
    source: name,
    run,
    params: request.params ?? found.params,
    nonEmbeddingParams: request.nonEmbeddingParams ?? found.nonEmbeddingParams,
    counted,
  });
  return study.openObservedRun(description);
}

interface ScanPlace {
  readonly request: ScanRequest;
  readonly writer: ObservedRunWriter | null;
  readonly listener: ScanListener;
  readonly signal: AbortSignal;
}

async function scanInto(
  opened: OpenedMomentum,
  checkpoint: ScannedCheckpoint,
  { request, writer, listener, signal }: ScanPlace,
): Promise<CheckpointScan> {
  const { found } = opened;
  const chosen = chooseMatrices(found.matrices, request);
  const identityOf = identities(opened, checkpoint, writer, request);
  const earlier = chosen.map((matrix) => recordedSpectrum(matrix, checkpoint, writer));
  const matrices: ScannedSpectrum[] = earlier.filter((spectrum) => spectrum !== null);
  const wanted = chosen.filter((_, i) => earlier[i] === null);
  const refused: SkippedMatrix[] = [];
  listener.opened(checkpoint, wanted, matrices.length);
  const total = wanted.reduce((sum, matrix) => sum + workOf(matrix), 0);
  let work = 0;
  const done = (outcome: MatrixOutcome<SpectrumValues>): void => {
    work += workOf(outcome.matrix);
    if ('measured' in outcome) {
      const spectrum = { ...identityOf(outcome.matrix), ...outcome.measured };
      if (writer !== null) writer.append(complete(spectrum));
      matrices.push(spectrum);
      listener.measured(spectrum, work / total);
      return;
    }
    const { name, shape } = outcome.matrix;
    const left = { name, shape, reason: outcome.reason, cause: outcome.cause, checkpoint: checkpoint.checkpoint };
    refused.push(left);
    listener.skipped(left);
  };
  await withPool(workersFor(wanted, request.workers), wanted.length, (pool, workers) =>
    measureMatrices(wanted, (matrix) => measureValues(matrix, pool, { transfer: true }), { workers, signal, done }),
  );
  const skipped = [...leftOut(opened), ...inOrder(refused, chosen)];
  if (!signal.aborted && writer !== null && matrices.length > 0)
    noteSource(writer, sourceOf(checkpoint, matrices, skipped));
  return { checkpoint, matrices: inOrder(matrices, chosen), skipped };
}

function recordedSpectrum(
  { name }: MomentumMatrix,
  { step, stage }: ScannedCheckpoint,
  writer: ObservedRunWriter | null,
): Spectrum | null {
  return writer === null || step === null ? null : writer.find({ name, step, stage });
}

/** Everything a record says of a matrix besides its values. */
function identities(
  { found }: OpenedMomentum,
  { run, step, stage }: ScannedCheckpoint,
  writer: ObservedRunWriter | null,
  request: ScanRequest,
): (matrix: MomentumMatrix) => Omit<ScannedSpectrum, keyof SpectrumValues> {
  const size = writer?.description ?? {
    params: request.params ?? found.params,
    nonEmbeddingParams: request.nonEmbeddingParams ?? found.nonEmbeddingParams,
  };
  return ({ name, role, layer, layers, dtype }) => ({
    schema: 'muonscope.spectrum/1',
    run,
    params: size.params,
    nonEmbeddingParams: size.nonEmbeddingParams,
    step,
    name,
    role,
    layer,
    layers,
    depth: (layer + 1) / layers,
    stage,
    convention: found.convention,
    dtype,
  });
}

/** A spectrum on its way into a study, where step and size are known: openRun asked for them. */
function complete({ params, nonEmbeddingParams, step, ...spectrum }: ScannedSpectrum): Spectrum {
  if (params === null || nonEmbeddingParams === null || step === null)
    throw new Error(`scan: ${spectrum.name} came to a study without step or size`);
  return { ...spectrum, params, nonEmbeddingParams, step };
}

/** A scan that is repeated and finds nothing new is no new source. */
function noteSource(writer: ObservedRunWriter, source: SourceRecord): void {
  const { name, step, spectra } = source;
  const isKnown = writer.sources.some(
    (known) => known.name === name && known.step === step && known.spectra === spectra,
  );
  if (!isKnown) writer.appendSource(source);
}

function sourceOf(
  { checkpoint, format, layout, step }: ScannedCheckpoint,
  matrices: readonly ScannedSpectrum[],
  skipped: readonly SkippedMatrix[],
): SourceRecord {
  return {
    schema: 'muonscope.source/1',
    kind: 'checkpoint',
    name: checkpoint,
    format,
    layout,
    step,
    spectra: matrices.length,
    skipped: skipped.map(({ name, shape, reason }) => ({ name, shape, reason })),
    read: new Date().toISOString(),
  };
}

/** What is said of matrices in the order in which the checkpoint holds them. */
function inOrder<T extends { readonly name: string }>(
  outcomes: readonly T[],
  matrices: readonly MomentumMatrix[],
): readonly T[] {
  const places = new Map(matrices.map(({ name }, i) => [name, i]));
  return [...outcomes].sort((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
}

function documentOf(scanned: readonly CheckpointScan[]): ScannedMomentum {
  const [first] = scanned;
  if (first === undefined) throw new UsageError('scan: expected at least one checkpoint, got none');
  return {
    schema: 'muonscope.scan/1',
    checkpoint: first.checkpoint.checkpoint,
    format: first.checkpoint.format,
    checkpoints: scanned.map(({ checkpoint }) => checkpoint),
    matrices: scanned.flatMap(({ matrices }) => matrices),
    skipped: scanned.flatMap(({ skipped }) => skipped),
  };
}
