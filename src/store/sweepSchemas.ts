/** Records of the sweeps of `dynamics`, one line a run. */
import { z } from 'zod';
import type { SensingRecord } from '../dynamics/sensingRecord.ts';
import type { RankRecord, SpectrumOfRun, TrainingRecord } from '../dynamics/trainingRecord.ts';

const nonnegative = z.number().nonnegative();

export const sensingRecordSchema: z.ZodType<SensingRecord> = z.looseObject({
  id: z.string(),
  outcomes: z.array(
    z.looseObject({
      method: z.enum(['muon', 'muon-ns', 'norm-matched', 'gradient', 'sign', 'adamw', 'nuclear-norm']),
      recovery: nonnegative,
      residual: nonnegative,
      frobenius: nonnegative,
      flatness: nonnegative,
      stableRank: nonnegative,
      effectiveRank: nonnegative,
      entropy: z.number(),
    }),
  ),
});

const count = z.int().nonnegative();
const place = { name: z.string(), role: z.string(), layer: count };
const rankSchema: z.ZodType<RankRecord> = z.looseObject({
  ...place,
  step: count,
  stableRank: nonnegative,
  effectiveRank: nonnegative,
});
const spectrumOfRunSchema: z.ZodType<SpectrumOfRun> = z.looseObject({
  ...place,
  kind: z.enum(['momentum', 'update', 'weights']),
  values: z.array(nonnegative),
});

export const trainingRecordSchema: z.ZodType<TrainingRecord> = z.looseObject({
  id: z.string(),
  optimizer: z.enum(['muon', 'adamw']),
  rate: z.number().positive(),
  seed: z.int(),
  share: z.number().positive().max(1).nullable(),
  divergedAt: count.nullable(),
  validationLoss: z.number().nullable(),
  curve: z.array(z.looseObject({ step: count, loss: z.number() })),
  ranks: z.array(rankSchema),
  spectra: z.array(spectrumOfRunSchema),
});
