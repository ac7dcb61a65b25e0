/** The Node entry: the public entry, and what needs files, processes or threads of Node. */
export { createEngine, type Engine, type EngineName } from './graph/engine.ts';
export * from './index.ts';
export { type Report, renderReport } from './report/renderReport.ts';
export type { ReportData } from './report/reportData.ts';
export { type RunningServer, type ServeRequest, serveStudies } from './server/serve.ts';
export { openCheckpoint } from './sources/checkpoints/openCheckpoint.ts';
export { type Corpus, type CorpusOptions, openCorpus } from './sources/text/corpus.ts';
export type { RunRecords } from './store/runFolder.ts';
export { readLaws, readPlan, readRuns, readStudy } from './store/studyFolder.ts';
export {
  type Batch,
  createSampler,
  type Sampler,
  type TokenSet,
  validationBatches,
  wholeText,
} from './train/batches.ts';
export { gptParameters } from './train/gpt.ts';
export type { ParameterSpec } from './train/trainable.ts';
export { createTrainer, type NsInput, type Trainer, type TrainerOptions, type TrainStep } from './train/trainer.ts';
export type { TrainerState } from './train/trainingState.ts';
export { type AuditRequest, auditMomentum } from './workflows/audit.ts';
export {
  type DynamicsOutcome,
  type DynamicsProgress,
  type DynamicsRequest,
  type RegressionChoices,
  runDynamics,
} from './workflows/dynamics.ts';
export { type ExportResult, type ExportTarget, exportStudy } from './workflows/exportStudy.ts';
export { type IngestRequest, type IngestResult, ingestLogs } from './workflows/ingest.ts';
export { checkpointsAt, type FindingFlags } from './workflows/openMomentum.ts';
export type { PageRun, PageStudy } from './workflows/pageData.ts';
export { writePageFile } from './workflows/pageFile.ts';
export { PRESETS, type Preset, presetNamed, trainConfig } from './workflows/presets.ts';
export {
  type RandomListener,
  type RandomOutcome,
  type RandomRequest,
  studyRandomMatrices,
} from './workflows/random.ts';
export type { RandomWritten } from './workflows/randomFolder.ts';
export { rewriteReport } from './workflows/rewriteReport.ts';
export { type OpenedMomentum, type ScanListener, type ScanRequest, scanMomentum } from './workflows/scan.ts';
export {
  resumeStudy,
  resumeTraining,
  type StudyListener,
  type StudyOptions,
  type StudyOutcome,
  startStudy,
  startTraining,
  type TrainingOutcome,
} from './workflows/study.ts';
export { type WatchListener, type WatchRequest, type WatchResult, watchFolder } from './workflows/watch.ts';
