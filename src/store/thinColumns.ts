/** Which samples of a trajectory a chart of so many pixel columns can show. */

/**
 * At most two samples a column of pixels: the lowest and the highest; the first and the last sample always.
 *
 * @param steps ascend, shape (n,)
 * @param values shape (n,); samples that are not finite are left out
 * @param columns columns of pixels between the first and the last step, at least 1
 * @returns places of the samples kept, ascending
 */
export function thinByPixel(steps: ArrayLike<number>, values: ArrayLike<number>, columns: number): number[] {
  const n = steps.length;
  const kept: number[] = [];
  const first = steps[0] ?? 0;
  const width = ((steps[n - 1] ?? 0) - first) / columns || 1;
  let [column, low, high] = [-1, -1, -1];
  const close = (): void => {
    if (low < 0) return;
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  };
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    const isEnd = i === 0 || i === n - 1;
    const here = isEnd ? columns + i : Math.min(columns - 1, Math.floor((steps[i]! - first) / width));
    if (here !== column) {
      close();
      [column, low, high] = [here, i, i];
    } else if (values[i]! < values[low]!) low = i;
    else if (values[i]! > values[high]!) high = i;
  }
  close();
  return kept;
}
