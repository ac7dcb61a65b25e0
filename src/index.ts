/** The public entry: runs in Node and in browsers. What needs files is in node.ts. */
export {
  DomainError,
  EngineError,
  type ErrorTag,
  FormatError,
  MuonscopeError,
  StudyError,
  TrainingError,
  UsageError,
} from './base/errors.ts';
export { formatCount, formatSeconds, formatShare, parseCount, significant } from './base/numbers.ts';
export { createLabelledRandom, createRandom, type Random, type RandomState, restoreRandom } from './base/random.ts';
export { type EntropyOptions, runEntropy } from './dynamics/entropy.ts';
export type {
  DynamicsClaim,
  DynamicsFigure,
  DynamicsResult,
  DynamicsTable,
  ExperimentName,
  ExperimentSize,
} from './dynamics/experiment.ts';
export { type RegressionOptions, runRegression } from './dynamics/regression.ts';
export { type Flow, type Mode, modeAt, modeSpeed } from './dynamics/regressionModes.ts';
export type { SensingRecord } from './dynamics/sensingRecord.ts';
export { runSensing, type SensingRun, sensingPlan, sensingRuns } from './dynamics/sensingSweep.ts';
export { jacobiSvd, type SingularValueDecomposition } from './linalg/jacobi.ts';
export type { Matrix } from './linalg/matrix.ts';
export { singularValueQuantiles, singularValues, spectrumOf } from './linalg/singularValues.ts';
export { polarFactor, singularVectors } from './linalg/singularVectors.ts';
export { effectiveRank, flatness, spectralEntropy, stableRank } from './linalg/spectrumMeasures.ts';
export { createSpectrumPool, type SpectrumPool } from './linalg/spectrumPool.ts';
export type { SpectrumSummary } from './linalg/spectrumSummary.ts';
export { alignments } from './newtonSchulz/alignment.ts';
export { bestPublished, type Rival } from './newtonSchulz/bestPublished.ts';
export { type CatalogueEntry, catalogueEntry, catalogueNames, scheduleOf } from './newtonSchulz/catalogue.ts';
export { type CostOptions, flops, products, trainingShare } from './newtonSchulz/cost.ts';
export { type DesignOptions, designComposition, type StepKind } from './newtonSchulz/design.ts';
export {
  designForSpectrum,
  type SpectrumDesign,
  type SpectrumDesignOptions,
} from './newtonSchulz/designForSpectrum.ts';
export { type NsDocument, type NsScheduleRecord, nsDocument } from './newtonSchulz/document.ts';
export { type EmulationOptions, emulate } from './newtonSchulz/emulate.ts';
export { inputsBelow } from './newtonSchulz/inputsBelow.ts';
export { orthogonalise } from './newtonSchulz/orthogonalise.ts';
export {
  type PrecisionModel,
  type PrecisionOutput,
  precisionFloor,
  precisionModel,
} from './newtonSchulz/precisionModel.ts';
export { measuredSpectrum, type QuantileSpectrum } from './newtonSchulz/quantileSpectrum.ts';
export { REMEDIES, type Remedy, type RemedyCost, remedyCost } from './newtonSchulz/remedy.ts';
export { response, type Thresholds, thresholds } from './newtonSchulz/response.ts';
export type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from './newtonSchulz/schedule.ts';
export {
  type DesignObjective,
  type DesignTarget,
  designTarget,
  type SpectrumScore,
  scoreSchedule,
} from './newtonSchulz/spectrumObjective.ts';
export type { AuditedMatrix, AuditFinding, MomentumAudit } from './planner/audit.ts';
export { judgeSpectrum } from './planner/auditMatrix.ts';
export {
  type ComparedLayers,
  type ComparedSchedule,
  comparePlans,
  type PlanComparison,
} from './planner/comparePlans.ts';
export { forecastSpectrum, type SpectrumRequest } from './planner/forecastSpectrum.ts';
export { modelFamilies, parseModelConfig } from './planner/modelConfig.ts';
export type { MatrixKind, ModelDescription } from './planner/modelFamilies/modelDescription.ts';
export type { ModelShape } from './planner/modelShape.ts';
export type {
  Extrapolation,
  Plan,
  PlanAlternative,
  PlanAlternatives,
  PlanCriterion,
  PlanLayer,
  PlannedSchedule,
  PlanRemedy,
  PlanRule,
  TrainingShare,
  WeakLaw,
} from './planner/plan.ts';
export { type PlanOptions, planFromLaws } from './planner/planFromLaws.ts';
export { type ModelPlanOptions, planModel, planSize } from './planner/planModel.ts';
export { expandRules, type RuleLayer } from './planner/rules.ts';
export { comparePooled, describeSteepest } from './scaling/comparePooled.ts';
export { type DepthForecast, type InterpolatedForecast, interpolateDepths } from './scaling/depthInterpolation.ts';
export { type FitLawsOptions, fitLaws } from './scaling/fitLaws.ts';
export { forecast } from './scaling/forecast.ts';
export type {
  HeldOut,
  Interval,
  Law,
  LawFit,
  LawPoint,
  LawsDocument,
  ModelComparison,
  PooledLaw,
  SizeConvention,
} from './scaling/law.ts';
export { publishedLaws } from './scaling/published/publishedLaws.ts';
export { gptParams, type ModelSize } from './scaling/sizes.ts';
export type {
  Checkpoint,
  CheckpointFormat,
  CheckpointTensor,
  CheckpointValue,
  SkippedTensor,
  TensorDtype,
} from './sources/checkpoints/checkpoint.ts';
export { type CheckpointGroup, groupCheckpoints } from './sources/momentum/checkpointFiles.ts';
export { findMomentum, type MomentumOptions } from './sources/momentum/findMomentum.ts';
export type {
  FoundMomentum,
  MomentumMatrix,
  MuonSetting,
  MuonSettings,
  SkipCause,
  SkippedMomentum,
} from './sources/momentum/momentumMatrix.ts';
export { type GivenNames, parseNames } from './sources/momentum/parameterNames.ts';
export { parseRoleRule, type RoleRule } from './sources/momentum/roleRules.ts';
export { parseSplitRule, type SplitRule } from './sources/momentum/splitRules.ts';
export {
  type KnownRole,
  type MomentumConvention,
  type MomentumIdentity,
  type MomentumSample,
  type MomentumStage,
  ROLES,
} from './sources/momentumSample.ts';
export {
  marchenkoPasturCdf,
  marchenkoPasturDensity,
  marchenkoPasturEdges,
  marchenkoPasturQuantile,
  marchenkoPasturSurplus,
} from './spectra/marchenkoPastur.ts';
export { measureSpectra, measureSpectrum } from './spectra/measure.ts';
export type { RandomSpectra } from './spectra/randomSpectra.ts';
export type { ScannedMomentum, ScannedSpectrum } from './spectra/scannedMomentum.ts';
export { RECORD_QUANTILES, type Spectrum } from './spectra/spectrum.ts';
export { findPlateau, type PlateauOptions, settledValue } from './stability/findPlateau.ts';
export { fixedWindow, PAPER_WINDOW, type StepWindow, windowOf } from './stability/fixedWindow.ts';
export type { Plateau, SettledValue, Trajectory, Verdict } from './stability/plateau.ts';
export { trajectoriesOf } from './stability/trajectory.ts';
export type {
  CorpusDescription,
  MetricsRecord,
  ObservedRun,
  ObservedStudy,
  RunDescription,
  RunSummary,
  SourceRecord,
  StudyDescription,
  StudyResult,
  StudyRun,
  TrainedRun,
  TrainedStudy,
} from './store/study.ts';
export type { AdamWConfig, GptConfig, MuonConfig, RateSchedule, TrainConfig } from './train/config.ts';
