/**
 * How a command ends when it cannot do what was asked: one sentence on stderr and exit code 2. A defect of
 * Muonscope shows its stack and asks for a report.
 */
import { MuonscopeError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

/** 0 done, 1 the check failed, 2 wrong usage or input, 70 a defect (EX_SOFTWARE of sysexits.h). */
export const EXIT = { done: 0, checkFailed: 1, badInput: 2, defect: 70 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Failure {
  /** For stderr, ends with a newline; empty if there is nothing to say. */
  readonly text: string;
  readonly exitCode: ExitCode;
}

/** What to tell about an error that ended a command. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof MuonscopeError)
    return { text: `muonscope: ${printable(error.message, Number.POSITIVE_INFINITY)}\n`, exitCode: EXIT.badInput };
  if (isBrokenPipe(error)) return { text: '', exitCode: EXIT.done };
  if (isCommanderError(error))
    // It has printed its own sentence; asking for help or the version is no failure.
    return { text: '', exitCode: error.exitCode === 0 ? EXIT.done : EXIT.badInput };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `muonscope: this is a defect; please report it with the lines below\n${stack}\n`,
    exitCode: EXIT.defect,
  };
}

/**
 * Commander's refusal as one sentence.
 *
 * @param text e.g. "error: unknown option '--frob'\n(Did you mean --from?)\n"
 * @param command whose help to point to, e.g. "muonscope ns show"
 */
export function describeRefusal(text: string, command: string): string {
  const sentence = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\.?\s*\n/g, ' ')
    .replace(/\.$/, '');
  return `muonscope: ${printable(sentence, Number.POSITIVE_INFINITY)}; see ${command} --help\n`;
}

/**
 * Ends the process quietly when the reader of its output goes away, as in `muonscope ns | head`.
 *
 * @param exit process.exit
 */
export function exitOnBrokenPipe(
  stream: { on(event: 'error', listener: (error: Error) => void): unknown },
  exit: (code: number) => void,
): void {
  stream.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error;
    exit(EXIT.done);
  });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Commander's refusals, recognised by their code so that this file does not load it. */
function isCommanderError(error: unknown): error is Error & { readonly exitCode: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('commander.') &&
    'exitCode' in error &&
    typeof error.exitCode === 'number'
  );
}
