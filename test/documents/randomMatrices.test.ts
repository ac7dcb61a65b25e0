/** The widths and the exponents by theory that docs/random-matrices.md prints are those the code computes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { quantilePositions } from '../../src/linalg/spectrumSummary.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { fitLine } from '../../src/scaling/line.ts';
import { expectedAt } from '../../src/workflows/randomLevels.ts';
import { widthLeaving } from '../../src/workflows/randomLimit.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/random-matrices.md', import.meta.url)), 'utf8');
const rows = [...page.matchAll(/^\| ([a-z0-9-]+) x(\d+) \| (\d+) \|.*\| (\d+) \|$/gm)];

test('the page lists nine schedules', () => {
  expect(rows).toHaveLength(9);
});

test.each(rows.map(([, name, steps, square, long]) => [name!, Number(steps), Number(square), Number(long)] as const))(
  '%s x%d loses 1 %% from the widths on the page',
  (name, steps, square, long) => {
    const schedule = scheduleOf(name, steps);
    expect([1, 4].map((aspect) => widthLeaving(0.01, 0.6, schedule, aspect))).toEqual([square, long]);
  },
);

const SIZES = [128, 256, 512, 1024, 2048];

/** Exponent over the sizes of what theory says of Gaussian square matrices at a 0-based position. */
function exponentByTheory(position: (rows: number) => number): number {
  const values = SIZES.map((rows) => expectedAt(position(rows), { rows, columns: rows, excessKurtosis: 0 }));
  return fitLine(SIZES.map(Math.log), values.map(Math.log)).slope;
}

const exponents = [...page.matchAll(/^\| (0\.\d+) \| (-0\.\d{4}) ± \S+ \| (-0\.\d{4}) \|/gm)].map(
  ([, q, recorded, theory]) => [Number(q), Number(recorded), Number(theory)] as const,
);

test('the page lists nine quantiles', () => {
  expect(exponents).toHaveLength(9);
});

test.each(exponents)(
  'at q = %d the exponent by theory is as on the page, and near the recorded %d',
  (q, recorded, theory) => {
    const computed = exponentByTheory((rows) => quantilePositions([q], rows)[0]!);
    expect(theory).toBe(Number(computed.toFixed(4)));
    if (q <= 0.95) expect(Math.abs(recorded - theory)).toBeLessThan(0.002);
  },
);

test('without the surplus the exponents at q = 0.9 and 0.95 are as on the page', () => {
  const [nine, nineteen] = [0.9, 0.95].map((q) => exponentByTheory((rows) => q * rows - 1 / 2).toFixed(3));
  expect(page).toContain(`square matrices would have ${nine} at q = 0.9 and ${nineteen} at q = 0.95`);
});
