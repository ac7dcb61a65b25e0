/** The laws command on the published laws, as a user runs it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { forecast } from '../../src/scaling/forecast.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { PUBLISHED_PANELS } from '../../src/scaling/published/spectralLaws.ts';
import { lawsSchema } from '../../src/store/documentSchemas.ts';

const program = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

function laws(...flags: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, 'laws', ...flags], { encoding: 'utf8', maxBuffer: 2 ** 24 });
}

/** Cells of the row that begins with these. */
function row(table: string, ...first: readonly string[]): readonly string[] {
  const rows = table.split('\n').map((line) => line.split(/ {2,}/));
  return rows.find((cells) => first.every((cell, i) => cells[i] === cell)) ?? [];
}

describe('laws published', () => {
  const { status, stdout, stderr } = laws('published');

  test('prints the 24 printed exponents', () => {
    expect(status).toBe(0);
    for (const { role, depth, printedExponent } of PUBLISHED_PANELS)
      expect(row(stdout, role, String(depth))[2], `${role} ${depth}`).toContain(`${printedExponent.toFixed(2)} ±`);
  });

  test('flags the steep final MLP matrix as curved and the mid-early O as poorly fitted, and says why', () => {
    expect(row(stdout, 'mlp.up', '1').at(-1)).toBe('curved');
    expect(row(stdout, 'attn.o', '0.25').at(-1)).toBe('poor');
    expect(row(stdout, 'attn.o', '0.5').at(-1)).toMatch(/ %$/);
    expect(stderr).toMatch(/^note: curved \(\d+ laws\), e\.g\. .*probably too high/m);
    expect(stderr).toContain('they are probably swapped');
  });

  test('--params adds what each law forecasts', () => {
    const at300B = laws('published', '--params', '300B').stdout;
    expect(row(at300B, 'attn.q', '0.75')).toContain('1.48e-3');
    expect(row(at300B, 'attn.o', '1')).toContain('5.56e-5');
  });

  test('--quantile shows another quantile, or every law', () => {
    expect(row(laws('published', '--quantile', '0.9').stdout, 'mlp.up', '1')[3]).toBe('1.03');
    const all = laws('published', '--quantile', 'all').stdout;
    expect(all.match(/^(attn|mlp)\.\w+ +(0\.25|0\.5|0\.75|1) +0\.\d+ /gm)).toHaveLength(120);
    expect(row(all, 'attn.o', '0.25', '0.1')).toContain('0.48');
  });

  test('--json prints all laws and nothing else, forecasts with --params', () => {
    const plain = laws('published', '--json');
    expect([plain.status, plain.stderr]).toEqual([0, '']);
    expect(JSON.parse(plain.stdout)).toEqual(publishedLaws());
    const read = lawsSchema.parse(JSON.parse(laws('published', '--params', '300B', '--json').stdout));
    for (const law of read.laws) expect(law.forecast).toEqual({ params: 3e11, ...forecast(law, 3e11) });
  });

  test.each([
    [['published', '--quantile', '0.4'], 'no law has quantile 0.4; use one of 0.1, 0.25, 0.5, 0.75, 0.9, or all'],
    [['published', '--quantile', 'NaN'], '--quantile: expected a number above 0 and at most 1, got "NaN"'],
    [['published', '--params', '-1'], '--params: expected a positive number'],
    [['published', '--window', 'plateau'], 'the published laws exist for --size total and --window fixed only'],
    [['/nowhere'], 'expected a study in /nowhere'],
  ])('%j exits 2 with one sentence', (flags, sentence) => {
    const { status, stdout, stderr } = laws(...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
