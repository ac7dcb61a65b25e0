/**
 * Product and sum in one instruction where the machine has one.
 *
 * The kernels are compiled twice, with and without relaxed SIMD (build.mjs). With it these are one instruction on
 * processors with FMA, rounded once; without, two. A caller may rely on neither.
 */

/** c + a b */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(c, f64x2.mul(a, b));
}

/** c - a b */
// @ts-ignore: decorator
@inline
export function multiplySubtract(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(a, b, c);
  return f64x2.sub(c, f64x2.mul(a, b));
}
