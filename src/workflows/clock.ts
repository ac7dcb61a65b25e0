/** Seconds that never go back. */
export function monotonicSeconds(): number {
  return performance.now() / 1000;
}
