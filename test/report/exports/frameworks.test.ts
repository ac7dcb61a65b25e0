/**
 * Exported files in the frameworks they are for. The text of each file is a golden; what a framework gave when it ran
 * that text is a fixture, by scripts/references/exportedPlan.py. Where a Python that has the framework is found, it is
 * run again: MUONSCOPE_PYTHON names one or more, separated by colons; python3 is tried too.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { response } from '../../../src/newtonSchulz/response.ts';
import type { Framework } from '../../../src/planner/expressible.ts';
import { dionFile } from '../../../src/report/exports/dion.ts';
import { emergingOptimizersFile } from '../../../src/report/exports/emergingOptimizers.ts';
import { optaxFile } from '../../../src/report/exports/optax.ts';
import { torchFile } from '../../../src/report/exports/torch.ts';
import { pythonWith } from '../../pythons.ts';
import { exampleExport, scheduleOfParameter } from './exampleExport.ts';

interface Recorded {
  readonly framework: string;
  readonly version: string;
  readonly codeSha256: string;
  /** Singular values of every gradient, descending, of unit norm. */
  readonly sigma: readonly number[];
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

interface Case {
  readonly framework: Framework;
  readonly write: typeof torchFile;
  readonly file: string;
  /** A Python expression that is true where the framework is there. */
  readonly probe: string;
  readonly hint: string;
  /** Of an output near 1: eight bits of bfloat16 round it by 2^-8 at each of up to nine steps; float32 by 2^-24. */
  readonly tolerance: number;
}

const BFLOAT16 = 9 * 2 ** -8;
const FLOAT32 = 1e-4; // more than 9 * 2^-24: the first steps multiply the error of small values by 8
const CASES: readonly Case[] = [
  {
    framework: 'torch',
    write: torchFile,
    file: 'torch',
    probe: '__import__("torch").optim.Muon',
    hint: 'pip install "torch>=2.9"',
    tolerance: BFLOAT16,
  },
  {
    framework: 'optax',
    write: optaxFile,
    file: 'optax',
    probe: '__import__("optax").contrib.muon',
    hint: 'pip install jax optax',
    tolerance: FLOAT32,
  },
  {
    framework: 'emerging-optimizers',
    write: emergingOptimizersFile,
    file: 'emergingOptimizers',
    probe: '__import__("emerging_optimizers.orthogonalized_optimizers")',
    hint: 'pip install emerging-optimizers (Python 3.12)',
    tolerance: FLOAT32,
  },
  {
    framework: 'dion',
    write: dionFile,
    file: 'dion',
    probe: '__import__("dion").Muon',
    hint: 'pip install git+https://github.com/microsoft/dion',
    tolerance: BFLOAT16,
  },
];

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const golden = (file: string): string => path(`golden/${file}.py`);

describe.each(CASES)('the file for $framework', ({ framework, write, file, probe, hint, tolerance }) => {
  const text = write(exampleExport(framework));

  test('is the golden one', async () => {
    await expect(text).toMatchFileSnapshot(golden(file));
  });

  test('gave the planned spectra when it ran in the framework', () => {
    const recorded: Recorded = JSON.parse(readFileSync(path(`../../../fixtures/exports/${file}.json`), 'utf8'));
    const code = text.slice(text.indexOf('\nimport re\n') + '\nimport re\n'.length);
    expect(createHash('sha256').update(code).digest('hex'), `run it again: ${hint}`).toBe(recorded.codeSha256);
    expectPlanned(recorded);
  });

  const python = pythonWith(probe);
  if (python !== null || framework === 'optax')
    test.skipIf(python === null)(`gives them now (${python ?? hint})`, { timeout: 120_000 }, () => {
      const script = path('../../../scripts/references/exportedPlan.py');
      expectPlanned(JSON.parse(execFileSync(python ?? '', [script, framework, golden(file)], { encoding: 'utf8' })));
    });

  function expectPlanned({ sigma, outputs }: Recorded): void {
    expect(Object.keys(outputs)).toHaveLength(12);
    for (const [name, values] of Object.entries(outputs)) {
      const planned = response(sigma, scheduleOfParameter(framework, name)).sort((a, b) => b - a);
      expect(values).toHaveLength(planned.length);
      for (const [i, value] of values.entries()) expect(Math.abs(value - planned[i]!), name).toBeLessThan(tolerance);
    }
  }
});
