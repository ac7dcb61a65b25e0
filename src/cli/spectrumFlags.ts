/** Flags that say which spectrum: a file, or a row of laws at a size. Those left out mean the row below. */
import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import type { SpectrumSource } from '../workflows/showSchedules.ts';
import { countFlag, numberFlag } from './flags.ts';

export interface SpectrumFlags {
  readonly spectrum?: string;
  readonly laws?: string;
  readonly role?: string;
  readonly depth?: number;
  readonly params?: number;
}

/** The row that is meant where none is named: the hardest matrix of the worked example of arXiv:2606.04058. */
export const USUAL_ROW = { laws: 'published', role: 'attn.o', depth: 1, params: 300e9 } as const;

export function withSpectrum(command: Command): Command {
  return command
    .option('--spectrum <file>', 'spectrum from a file instead of laws')
    .option('--laws <source>', `"published" (arXiv:2606.04058) or a study folder (default: ${USUAL_ROW.laws})`)
    .option('--role <name>', `row of the laws (default: ${USUAL_ROW.role})`)
    .option('--depth <d>', `row of the laws (default: ${USUAL_ROW.depth})`, numberFlag('--depth', 0, 1))
    .option(
      '--params <n>',
      `size of the forecast, e.g. 1.5e9, 300B, 1T (default: ${formatCount(USUAL_ROW.params)})`,
      countFlag('--params'),
    );
}

/** The flags of {@link withSpectrum} that were given. */
export function spectrumFlagsOf({ spectrum, laws, role, depth, params }: SpectrumFlags): readonly string[] {
  return given({ '--spectrum': spectrum, '--laws': laws, '--role': role, '--depth': depth, '--params': params });
}

/** Names of the flags that have a value. */
export function given(flags: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
}

/**
 * The spectrum that is asked for.
 *
 * @throws UsageError for a file and a row of laws at once
 */
export function sourceOf(command: string, flags: SpectrumFlags): SpectrumSource {
  const { spectrum, ...asked } = flags;
  const { laws, role, depth, params } = { ...USUAL_ROW, ...asked };
  if (spectrum === undefined) return { laws, role, depth, params };
  const others = spectrumFlagsOf(flags).filter((flag) => flag !== '--spectrum');
  if (others.length > 0)
    throw new UsageError(`${command}: --spectrum names the whole spectrum; leave out ${others.join(', ')}`);
  return { file: spectrum };
}
