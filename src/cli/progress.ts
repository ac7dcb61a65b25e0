/**
 * A progress line on stderr: label, bar, share, details, time left. Redrawn in place at most ten times a second;
 * where stderr is no terminal none is drawn.
 */
import { formatSeconds } from '../base/numbers.ts';

/** The part of a stream that a progress line needs. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Where the work stands. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  /** Shown in order as far as the line has room, e.g. "loss 2.103". */
  readonly details?: readonly string[];
}

export interface Progress {
  update(state: ProgressState): void;
  /** Writes a line of its own above the progress line, terminal or not. */
  note(text: string): void;
  /** Writes a line to another stream that may show on the same terminal. */
  above(stream: ProgressStream, text: string): void;
  /** Removes the line. */
  end(): void;
}

/** Milliseconds between two drawings. */
const REDRAW_INTERVAL = 100;
const BAR_WIDTH = 20;
/** Seconds before the speed means anything: threads start and code is compiled first. */
const UNSETTLED = 1;
const DEFAULT_COLUMNS = 80;
/** To the start of the line, and erase it. */
const ERASE = '\r\u001b[2K';

/**
 * @param now milliseconds that never go back, e.g. performance.now
 */
export function createProgress(stream: ProgressStream, now: () => number): Progress {
  const shown = stream.isTTY === true;
  let label: string | null = null;
  let begun = { time: 0, done: 0 };
  let drawn = Number.NEGATIVE_INFINITY;
  let line = '';
  return {
    update: (state) => {
      const time = now();
      if (state.label !== label || state.done < begun.done) {
        label = state.label;
        begun = { time, done: state.done };
      }
      if (!shown || (time - drawn < REDRAW_INTERVAL && state.done < state.total)) return;
      drawn = time;
      line = formatProgress(state, timeLeft(state, begun, time), stream.columns ?? DEFAULT_COLUMNS);
      stream.write(ERASE + line);
    },
    note: (text) => stream.write(`${shown ? ERASE : ''}${text}\n${line}`),
    above: (other, text) => {
      const shared = line !== '' && other.isTTY === true;
      if (shared) stream.write(ERASE);
      other.write(`${text}\n`);
      if (shared) stream.write(line);
    },
    end: () => {
      if (line !== '') stream.write(ERASE);
      line = '';
      label = null;
    },
  };
}

/**
 * The progress line.
 *
 * @param secondsLeft null while unknown
 * @returns at most `columns` - 1 characters, so that the cursor stays on the line
 */
export function formatProgress(state: ProgressState, secondsLeft: number | null, columns: number): string {
  const share = state.total > 0 ? Math.min(1, Math.max(0, state.done / state.total)) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const percent = `${Math.floor(100 * share)} %`.padStart(5);
  const left = secondsLeft === null ? [] : [`${formatSeconds(secondsLeft)} left`];
  const parts = [`${state.label} ${bar} ${percent}`, ...left, ...(state.details ?? [])];
  const room = columns - 1;
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if ([...longer].length > room) break;
    line = longer;
  }
  return line === '' ? [...(parts[0] ?? '')].slice(0, room).join('') : line;
}

/** Seconds at the mean speed since the label began; null before that is settled. */
function timeLeft(state: ProgressState, begun: { time: number; done: number }, time: number): number | null {
  const done = state.done - begun.done;
  const seconds = (time - begun.time) / 1000;
  return done > 0 && seconds >= UNSETTLED ? (seconds / done) * (state.total - state.done) : null;
}
