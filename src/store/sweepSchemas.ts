/** Records of the sweeps of `dynamics`, one line a run. */
import { z } from 'zod';
import type { SensingRecord } from '../dynamics/sensingRecord.ts';

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
