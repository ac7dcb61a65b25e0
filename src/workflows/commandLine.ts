/** The command that makes a study again, from what the study says of itself. */
import { formatCount } from '../base/numbers.ts';
import type { TrainedStudy } from '../store/study.ts';

/** Every choice spelled out, so that it holds whatever the defaults become. */
export function commandOf({ preset, seed, text, target, ladder }: TrainedStudy): string {
  const first = ladder[0];
  const flags = [`--preset ${preset}`, `--seed ${seed}`, `--target ${exactCount(target)}`];
  if (text.length > 0) flags.push(`--text ${text.join(' ')}`);
  flags.push(`--sizes ${ladder.map(({ run }) => run).join()}`);
  if (first) flags.push(`--steps ${first.config.steps}`);
  return `muonscope study ${flags.join(' ')}`;
}

/** With a suffix where that loses nothing. */
function exactCount(value: number): string {
  const short = formatCount(value);
  return Number(short.replace(/[kMBT]$/, (suffix) => `e${{ k: 3, M: 6, B: 9, T: 12 }[suffix]}`)) === value
    ? short
    : String(value);
}
