import { CommanderError } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { EngineError, StudyError, UsageError } from '../../src/base/errors.ts';
import { describeFailure, describeRefusal, exitOnBrokenPipe } from '../../src/cli/failure.ts';

const brokenPipe = (): Error => Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

describe('a command that ends with', () => {
  it('a foreseen error says one sentence and exits with 2', () => {
    for (const error of [new UsageError('--seed: a'), new StudyError('study: b', 'out'), new EngineError('engine: c')])
      expect(describeFailure(error)).toEqual({ text: `muonscope: ${error.message}\n`, exitCode: 2 });
  });

  it('a name from outside shows its control characters instead of sending them to the terminal', () => {
    const { text } = describeFailure(new UsageError('laws: "\u001b]0;x\u0007\u202e\r\n" is not known'));
    expect(text).toBe('muonscope: laws: "\\u{1b}]0;x\\u{7}\\u{202e}\\u{d}\\u{a}" is not known\n');
    expect(describeRefusal("error: unknown option '--\u001b[31m'\n", 'muonscope')).toBe(
      "muonscope: unknown option '--\\u{1b}[31m'; see muonscope --help\n",
    );
  });

  it('a reader that went away is quiet', () => {
    expect(describeFailure(brokenPipe())).toEqual({ text: '', exitCode: 0 });
  });

  it("commander's refusal exits with 2, its help with 0, both told already", () => {
    expect(describeFailure(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({ text: '', exitCode: 2 });
    expect(describeFailure(new CommanderError(0, 'commander.helpDisplayed', 'x'))).toEqual({ text: '', exitCode: 0 });
  });

  it('anything else is a defect and shows its stack', () => {
    const failure = describeFailure(new TypeError('x is undefined'));
    expect(failure.exitCode).toBe(70);
    expect(failure.text).toMatch(
      /^muonscope: this is a defect; please report it with the lines below\nTypeError: x is undefined\n {4}at /,
    );
    expect(describeFailure('text').text).toContain('text\n');
  });
});

describe('a stream whose reader went away', () => {
  it('ends the process with 0; another error of the stream is thrown', () => {
    const listeners: ((error: Error) => void)[] = [];
    const exit = vi.fn();
    exitOnBrokenPipe({ on: (_, listener) => listeners.push(listener) }, exit);
    listeners[0]?.(brokenPipe());
    expect(exit).toHaveBeenCalledWith(0);
    expect(() => listeners[0]?.(new Error('other'))).toThrow('other');
  });
});
