import { describe, expect, it } from 'vitest';
import { createProgress, formatProgress, type Progress } from '../../src/cli/progress.ts';

/** A terminal that keeps what is written, with a clock set by hand. */
function terminal(isTTY: boolean): { progress: Progress; written: string[]; clock: { now: number } } {
  const written: string[] = [];
  const clock = { now: 0 };
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  return { progress: createProgress(stream, () => clock.now), written, clock };
}

const ERASE = '\r\u001b[2K';

describe('the progress line', () => {
  it('is redrawn at most ten times a second, and always when done', () => {
    const { progress, written, clock } = terminal(true);
    for (let step = 0; step <= 1000; step++) {
      clock.now = step;
      progress.update({ label: 'run', done: step, total: 1000 });
    }
    expect(written.length).toBe(11);
    expect(written.at(-1)).toContain('100 %');
    expect(written.every((text) => text.startsWith(ERASE))).toBe(true);
    progress.end();
    expect(written.at(-1)).toBe(ERASE);
  });

  it('tells the time left from the mean speed since this label began', () => {
    const { progress, written, clock } = terminal(true);
    progress.update({ label: 'a', done: 50, total: 100 }); // a resumed run begins in the middle
    expect(written.at(-1)).not.toContain('left');
    clock.now = 900; // threads are starting
    progress.update({ label: 'a', done: 50.01, total: 100 });
    expect(written.at(-1)).not.toContain('left');
    clock.now = 10_000;
    progress.update({ label: 'a', done: 60, total: 100 });
    expect(written.at(-1)).toContain('40s left');
    clock.now = 20_000;
    progress.update({ label: 'b', done: 0, total: 10 });
    expect(written.at(-1)).not.toContain('left');
  });

  it('writes nothing where stderr is no terminal, but notes', () => {
    const { progress, written } = terminal(false);
    progress.update({ label: 'a', done: 1, total: 2 });
    progress.note('warning: few sizes');
    progress.end();
    expect(written).toEqual(['warning: few sizes\n']);
  });

  it('stays below a note', () => {
    const { progress, written } = terminal(true);
    progress.update({ label: 'a', done: 1, total: 2 });
    const line = written[0]!.slice(ERASE.length);
    progress.note('note');
    expect(written[1]).toBe(`${ERASE}note\n${line}`);
  });

  it('shows as many details as the terminal has room for', () => {
    const state = { label: '3/5 gpt-4x64', done: 315, total: 500, details: ['loss 2.103', '45,200 tok/s'] };
    expect(formatProgress(state, 72, 100)).toBe(
      '3/5 gpt-4x64 █████████████░░░░░░░  63 %  1m 12s left  loss 2.103  45,200 tok/s',
    );
    for (let columns = 1; columns <= 100; columns++)
      expect([...formatProgress(state, 72, columns)].length).toBeLessThanOrEqual(Math.max(0, columns - 1));
  });

  it('stands at 0 % for a total of 0', () => {
    expect(formatProgress({ label: 'x', done: 0, total: 0 }, null, 80)).toContain('  0 %');
  });
});
