import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planSize } from '../../src/planner/planModel.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { readPlanFile } from '../../src/store/planFile.ts';
import { plan, temporaryFolder } from './exampleRecords.ts';

test('reads a plan on its own and the plan of a folder', () => {
  const folder = join(temporaryFolder(), 'study');
  mkdirSync(folder);
  const detailed = planSize(publishedLaws(), 3e9, { tokensPerStep: 1e6, confidence: 0.9 });
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(detailed));
  writeFileSync(join(folder, 'own.json'), JSON.stringify(plan));
  expect(readPlanFile(folder)).toEqual(detailed);
  expect(readPlanFile(join(folder, 'own.json'))).toEqual(plan);
});

test('refuses what is no plan, naming the file and the field', () => {
  const file = join(temporaryFolder(), 'plan.json');
  expect(() => readPlanFile(file)).toThrow(
    `expected a plan in ${file}, found no such file; write one with plan --json`,
  );
  writeFileSync(file, '{"schema":"muonscope.plan/1"');
  expect(() => readPlanFile(file)).toThrow('expected a JSON record');
  writeFileSync(file, JSON.stringify({ ...plan, schema: 'muonscope.plan/2' }));
  expect(() => readPlanFile(file)).toThrow(file);
  writeFileSync(file, JSON.stringify({ ...plan, rules: [{ role: 'attn.q' }] }));
  expect(() => readPlanFile(file)).toThrow('rules');
});
