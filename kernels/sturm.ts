/**
 * Chosen eigenvalues of a symmetric tridiagonal matrix by bisection on Sturm counts, eight at a time.
 *
 * The number of negative pivots of L D L^T = T - x I is the number of eigenvalues below x. Eight shifts run side by
 * side in four f64x2 registers, which hides most of the division's latency.
 *
 * Guaranteed: absolute error of a few eps times the norm of T (Kahan 1966), each value found independently.
 */

/** Shifts counted in one pass. */
const LANES: i32 = 8;

/** Bisection steps; 60 halvings take any bracket below the rounding of the norm. */
const STEPS: i32 = 60;

/**
 * Counts, for eight shifts, the eigenvalues below each.
 *
 * @param squares (n,) squared off-diagonals, squares[i] couples i and i + 1
 * @param shifts eight doubles; counts: eight 64-bit integers
 * @param pivot smallest magnitude a pivot may have
 */
export function sturmCounts(d: usize, squares: usize, n: i32, shifts: usize, counts: usize, pivot: f64): void {
  const x0 = v128.load(shifts), x1 = v128.load(shifts, 16), x2 = v128.load(shifts, 32), x3 = v128.load(shifts, 48);
  const zero = f64x2.splat(0), limit = f64x2.splat(pivot), floor = f64x2.splat(-pivot);
  let q0 = f64x2.splat(1), q1 = q0, q2 = q0, q3 = q0;
  let n0 = i64x2.splat(0), n1 = n0, n2 = n0, n3 = n0;
  let square = f64x2.splat(0);
  const end = (<usize>n) << 3;
  for (let i: usize = 0; i < end; i += 8) {
    const a = v128.load64_splat(d + i);
    q0 = f64x2.sub(f64x2.sub(a, x0), f64x2.div(square, q0));
    q1 = f64x2.sub(f64x2.sub(a, x1), f64x2.div(square, q1));
    q2 = f64x2.sub(f64x2.sub(a, x2), f64x2.div(square, q2));
    q3 = f64x2.sub(f64x2.sub(a, x3), f64x2.div(square, q3));
    q0 = v128.bitselect(floor, q0, f64x2.lt(f64x2.abs(q0), limit));
    q1 = v128.bitselect(floor, q1, f64x2.lt(f64x2.abs(q1), limit));
    q2 = v128.bitselect(floor, q2, f64x2.lt(f64x2.abs(q2), limit));
    q3 = v128.bitselect(floor, q3, f64x2.lt(f64x2.abs(q3), limit));
    n0 = i64x2.sub(n0, f64x2.lt(q0, zero));
    n1 = i64x2.sub(n1, f64x2.lt(q1, zero));
    n2 = i64x2.sub(n2, f64x2.lt(q2, zero));
    n3 = i64x2.sub(n3, f64x2.lt(q3, zero));
    square = v128.load64_splat(squares + i);
  }
  v128.store(counts, n0);
  v128.store(counts, n1, 16);
  v128.store(counts, n2, 32);
  v128.store(counts, n3, 48);
}

/**
 * Eigenvalues by their 0-based position in ascending order.
 *
 * @param e (n,) off-diagonal, e[n - 1] ignored; overwritten by its squares
 * @param positions `count` 32-bit integers in 0 .. n - 1
 * @param values out, `count` doubles
 * @param scratch 4 * 64 bytes
 */
export function bisectEigenvalues(
  d: usize, e: usize, n: i32, positions: usize, count: i32, values: usize, scratch: usize,
): void {
  let low = Infinity, high = -Infinity, before: f64 = 0, most: f64 = 0;
  for (let i: usize = 0; i < (<usize>n) << 3; i += 8) {
    const a = load<f64>(d + i);
    const after: f64 = i == (<usize>(n - 1)) << 3 ? 0 : Math.abs(load<f64>(e + i));
    low = min(low, a - before - after);
    high = max(high, a + before + after);
    store<f64>(e + i, after * after);
    most = max(most, after * after);
    before = after;
  }
  const margin = 4.4e-16 * <f64>n * max(Math.abs(low), Math.abs(high)) + 1e-300;
  const pivot = max(1e-290, 2.3e-308 * most);
  for (let first = 0; first < count; first += LANES)
    bisectLanes(d, e, n, positions, first, count, values, scratch, low - margin, high + margin, pivot);
}

/** Bisection for up to eight positions from `first` on; spare lanes repeat the last one. */
export function bisectLanes(
  d: usize, squares: usize, n: i32, positions: usize, first: i32, count: i32, values: usize, scratch: usize,
  low: f64, high: f64, pivot: f64,
): void {
  const lows = scratch, highs = scratch + 64, shifts = scratch + 128, counts = scratch + 192;
  for (let lane: usize = 0; lane < 64; lane += 8) {
    store<f64>(lows + lane, low);
    store<f64>(highs + lane, high);
  }
  for (let step = 0; step < STEPS; step++) {
    for (let lane: usize = 0; lane < 64; lane += 8)
      store<f64>(shifts + lane, 0.5 * (load<f64>(lows + lane) + load<f64>(highs + lane)));
    sturmCounts(d, squares, n, shifts, counts, pivot);
    for (let lane = 0; lane < LANES; lane++) {
      const position = load<i32>(positions + ((<usize>min(first + lane, count - 1)) << 2));
      const at = (<usize>lane) << 3;
      const x = load<f64>(shifts + at);
      if (<i32>load<i64>(counts + at) > position) store<f64>(highs + at, x);
      else store<f64>(lows + at, x);
    }
  }
  for (let lane = 0; lane < min(LANES, count - first); lane++) {
    const at = (<usize>lane) << 3;
    store<f64>(values + ((<usize>first) << 3) + at, 0.5 * (load<f64>(lows + at) + load<f64>(highs + at)));
  }
}
