import { expect, test } from 'vitest';
import { parseModelConfig } from '../../../src/planner/modelConfig.ts';
import { planModel } from '../../../src/planner/planModel.ts';
import { csvFile } from '../../../src/report/exports/csv.ts';
import { publishedLaws } from '../../../src/scaling/published/publishedLaws.ts';
import { DEEPSEEK_V3 } from '../../planner/configs.ts';

const plan = planModel(publishedLaws(), parseModelConfig(DEEPSEEK_V3, 'config.json'));

test('has a line a row, every field under its title, numbers to the last digit', () => {
  const [header = '', ...lines] = csvFile(plan).trimEnd().split('\r\n');
  const titles = header.split(',');
  expect(lines).toHaveLength(plan.layers.length);
  for (const [i, line] of lines.entries()) {
    const fields = line.split(',');
    const { role, part = '', layer, sigma, schedule, flops } = plan.layers[i]!;
    expect(fields).toHaveLength(titles.length);
    const field = (title: string): string => fields[titles.indexOf(title)]!;
    expect([field('role'), field('part'), Number(field('layer'))]).toEqual([role, part, layer]);
    expect([Number(field('sigma')), Number(field('flops'))]).toEqual([sigma.value, flops]);
    expect(
      field('coefficients')
        .split('; ')
        .map((step) => step.split(' ').map(Number)),
    ).toEqual(schedule.coefficients);
  }
});

test('quotes what holds a comma or a quote', () => {
  const [row] = plan.layers;
  const line = csvFile({ ...plan, layers: [{ ...row!, role: 'a,"b"', part: 'c' }] }).split('\r\n')[1];
  expect(line).toMatch(/^"a,""b""",c,/);
});
