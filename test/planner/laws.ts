import type { Law, LawsDocument } from '../../src/scaling/law.ts';

/** A law through `value` at 1e9 parameters with the given exponent; sizes 1e7 to 1e9, exact unless overridden. */
export function lawThrough(value: number, exponent: number, changes: Partial<Law> = {}): Law {
  const at = (params: number): number => value * (params / 1e9) ** -exponent;
  const centre = Math.log(1e8);
  return {
    role: 'attn.q',
    depth: 1,
    quantile: 0.5,
    exponent,
    low: exponent,
    high: exponent,
    amplitude: at(1),
    r2: 1,
    points: [1e7, 3e7, 1e8, 3e8, 1e9].map((params) => ({ params, value: at(params) })),
    heldOut: null,
    warnings: [],
    fit: {
      centre,
      logValue: Math.log(at(1e8)),
      variance: { logValue: 0, exponent: 0, covariance: 0 },
      factor: 3,
    },
    comparison: { aicc: { constant: 0, power: -10, curved: -5 }, curvature: 0, preferred: 'power' },
    baselineExponent: null,
    ...changes,
  };
}

/** A document of `laws` with a ladder of width params^0.5 / 100 and 4 to 12 layers. */
export function lawsDocument(laws: readonly Law[]): LawsDocument {
  return {
    schema: 'muonscope.laws/1',
    source: 'test',
    sizeConvention: 'total',
    laws,
    pooled: [],
    ladder: [
      { params: 1e6, width: 10, layers: 4 },
      { params: 1e8, width: 100, layers: 8 },
      { params: 1e10, width: 1000, layers: 16 },
    ],
    warnings: [],
  };
}
