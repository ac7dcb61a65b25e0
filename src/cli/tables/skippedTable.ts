/** What a checkpoint holds and is not measured: a line a reason. */
import { printable } from '../../base/printable.ts';
import type { SkippedMatrix } from '../../spectra/scannedMomentum.ts';
import { shapeText } from './matrixNames.ts';

/** Examples named of a reason. */
const SHOWN = 3;

/** Lines such as "12 tensors: AdamW keeps moments for them (wte, wpe, lm_head, ...)", the most frequent reason first. */
export function skippedLines(skipped: readonly SkippedMatrix[]): readonly string[] {
  const byReason = new Map<string, SkippedMatrix[]>();
  for (const one of skipped) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  return [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, group]) => {
      const names = group
        .slice(0, SHOWN)
        .map(({ name, shape }) => `${printable(name)}${shape === null ? '' : ` ${shapeText(shape)}`}`);
      const more = group.length > SHOWN ? ', ...' : '';
      return `${group.length} left out: ${printable(reason, 400)} (${names.join(', ')}${more})`;
    });
}
