/** Where a command writes: results to stdout, everything else to stderr. */
import { existsSync } from 'node:fs';
import { shellWord } from '../base/shellWord.ts';
import { formatNotes, formatSentences, type Note } from './notes.ts';
import { createProgress, type Progress } from './progress.ts';
import { type Colours, createColours, wrap } from './terminal.ts';

/** Prints a document as the only thing on stdout. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Prints lines for people on stdout. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Writes a line to stderr: warnings, and news of long work where stdout belongs to JSON. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Colours of stdout. */
export function outputColours(): Colours {
  return createColours(process.stdout, process.env);
}

/** Columns of the terminal on stdout; undefined where there is none. */
export function outputWidth(): number | undefined {
  return process.stdout.columns;
}

/** A text of several sentences as lines of the terminal on stdout, each after `indent`; one line where there is none. */
export function paragraph(text: string, indent = ''): readonly string[] {
  const width = outputWidth();
  if (width === undefined) return [indent + text];
  return wrap(text, width - indent.length).map((line) => indent + line);
}

/** Writes warnings to stderr, one a kind. */
export function tellNotes(notes: readonly Note[]): void {
  tellYellow(formatNotes(notes, process.stderr.columns));
}

/** Writes warnings to stderr, each of them. */
export function tellSentences(sentences: readonly string[]): void {
  tellYellow(formatSentences(sentences, process.stderr.columns));
}

function tellYellow(lines: readonly string[]): void {
  const { yellow } = createColours(process.stderr, process.env);
  if (lines.length > 0) tell('');
  for (const line of lines) tell(yellow(line));
}

/** A progress line on stderr. */
export function stderrProgress(): Progress {
  return createProgress(process.stderr, () => performance.now());
}

/**
 * A signal that Ctrl-C aborts. The second Ctrl-C ends the process at once.
 *
 * @param told called at the first one
 */
export function interruptSignal(told: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    told();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** What to say after Ctrl-C. @param begun whether the folder holds something to go on with */
export function stoppedText(command: 'study' | 'train', out: string, begun: boolean): string {
  return begun
    ? `Stopped. Everything so far is in ${out}; go on with: muonscope ${command} --resume --out ${shellWord(out)}`
    : 'Stopped before training; nothing was written.';
}

/** What scan and ingest say after Ctrl-C. @param out the study, which is not there if nothing was recorded */
export function stoppedObservingText(out: string | undefined): string {
  if (out === undefined) return 'Stopped.';
  return existsSync(out)
    ? `Stopped. What was read is in ${out}; the same command goes on.`
    : 'Stopped before anything was read; nothing was written.';
}

/** 128 + SIGINT, as shells report it. */
export const INTERRUPTED = 130;
