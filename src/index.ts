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
export type { Matrix } from './linalg/matrix.ts';
export { type CatalogueEntry, catalogueEntry, catalogueNames, scheduleOf } from './newtonSchulz/catalogue.ts';
export { type DesignOptions, designComposition, type StepKind } from './newtonSchulz/design.ts';
export { type NsDocument, type NsScheduleRecord, nsDocument } from './newtonSchulz/document.ts';
export { orthogonalise } from './newtonSchulz/orthogonalise.ts';
export { response, type Thresholds, thresholds } from './newtonSchulz/response.ts';
export type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from './newtonSchulz/schedule.ts';
export {
  type ComparedLayers,
  type ComparedSchedule,
  comparePlans,
  type PlanComparison,
} from './planner/comparePlans.ts';
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
  PlanRule,
  TrainingShare,
  WeakLaw,
} from './planner/plan.ts';
export { type PlanOptions, planFromLaws } from './planner/planFromLaws.ts';
export { type ModelPlanOptions, planModel, planSize } from './planner/planModel.ts';
export { expandRules, type RuleLayer } from './planner/rules.ts';
export { type DepthForecast, type InterpolatedForecast, interpolateDepths } from './scaling/depthInterpolation.ts';
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
export {
  type KnownRole,
  type MomentumConvention,
  type MomentumIdentity,
  type MomentumSample,
  type MomentumStage,
  ROLES,
} from './sources/momentumSample.ts';
export { RECORD_QUANTILES, type Spectrum } from './spectra/spectrum.ts';
export type { Plateau, SettledValue, Trajectory, Verdict } from './stability/plateau.ts';
export type {
  CorpusDescription,
  MetricsRecord,
  RunDescription,
  RunSummary,
  StudyDescription,
  StudyResult,
  StudyRun,
} from './store/study.ts';
export type { AdamWConfig, GptConfig, MuonConfig, RateSchedule, TrainConfig } from './train/config.ts';
