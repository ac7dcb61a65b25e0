import { describe, expect, it } from 'vitest';
import { type Column, createColours, formatTable, visibleLength, wrap } from '../../src/cli/terminal.ts';

const columns: readonly Column[] = [
  { title: 'role', align: 'left' },
  { title: 'exponent', align: 'right' },
  { title: 'why', align: 'left' },
];

describe('a table', () => {
  it('aligns words left and numbers right, without lines and trailing spaces', () => {
    const rows = [
      ['mlp.down', '-0.57', 'steepest'],
      ['attn.q', '-0.3', ''],
    ];
    expect(formatTable(columns, rows)).toBe(
      ['role      exponent  why', 'mlp.down     -0.57  steepest', 'attn.q        -0.3'].join('\n'),
    );
  });

  it('wraps words to fit its width and never breaks a number', () => {
    const rows = [['attn.q', '-0.3', 'five steps reach the floor over the whole interval of the forecast']];
    const table = formatTable(columns, rows, { width: 44 });
    expect(table).toBe(
      [
        'role    exponent  why',
        'attn.q      -0.3  five steps reach the floor',
        '                  over the whole interval of',
        '                  the forecast',
      ].join('\n'),
    );
    const numbers = formatTable([{ title: 'a', align: 'right' }], [['12345678901234567890']], { width: 5 });
    expect(numbers.split('\n')[1]).toBe('12345678901234567890');
  });

  it('aligns coloured cells as if they were plain', () => {
    const { red } = createColours({ isTTY: true }, {});
    const table = formatTable(columns, [[red('drifting'), '1', 'x']]).split('\n');
    expect(visibleLength(table[1]!)).toBe('drifting         1  x'.length);
  });

  it('without rows is its header', () => {
    expect(formatTable(columns, [])).toBe('role  exponent  why');
  });
});

describe('colours', () => {
  it('are on for a terminal and off with NO_COLOR, a dumb terminal or a pipe', () => {
    expect(createColours({ isTTY: true }, {}).bold('x')).toBe('\u001b[1mx\u001b[22m');
    expect(createColours({ isTTY: true }, { NO_COLOR: '' }).bold('x')).toBe('\u001b[1mx\u001b[22m');
    expect(createColours({ isTTY: true }, { NO_COLOR: '1' }).red('x')).toBe('x');
    expect(createColours({ isTTY: true }, { TERM: 'dumb' }).red('x')).toBe('x');
    expect(createColours({}, {}).green('x')).toBe('x');
  });
});

describe('wrapping', () => {
  it('breaks between words and keeps a long word whole', () => {
    expect(wrap('a bb ccc', 4)).toEqual(['a bb', 'ccc']);
    expect(wrap('extraordinarily long', 5)).toEqual(['extraordinarily', 'long']);
    expect(wrap('', 5)).toEqual(['']);
  });
});
