/** The widths that docs/random-matrices.md prints are those the code computes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
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
