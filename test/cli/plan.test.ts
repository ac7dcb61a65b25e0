/** The plan command as a user runs it: the built program, its exit codes and what stands on which stream. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseModelConfig } from '../../src/planner/modelConfig.ts';
import { planModel } from '../../src/planner/planModel.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { LLAMA_3_8B } from '../planner/configs.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';

const program = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

function plan(...flags: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, 'plan', ...flags], { encoding: 'utf8', maxBuffer: 2 ** 24 });
}

function configFile(config: unknown, text = JSON.stringify(config)): string {
  const file = join(temporaryFolder(), 'config.json');
  writeFileSync(file, text);
  return file;
}

describe('plan', () => {
  test('--config plans the layers of that model; --json prints the plan and nothing else', () => {
    const { status, stdout, stderr } = plan('--config', configFile(LLAMA_3_8B), '--tokens-per-step', '4M', '--json');
    const model = parseModelConfig(LLAMA_3_8B, 'config.json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual(planModel(publishedLaws(), model, { tokensPerStep: 4e6 }));
  });

  test('prints the rules, what they save, how far they extrapolate, and on --reasons why', () => {
    const { status, stdout, stderr } = plan('--config', configFile(LLAMA_3_8B), '--tokens-per-step', '4M', '--reasons');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^attn\.q +0-10 +2\.1e-3 +cans x5 +15 +1\.10 +/m);
    expect(stdout).toContain('saves 14.4 % of the Newton-Schulz flops of jordan x5 everywhere');
    expect(stdout).toContain('In a step of 4M tokens Newton-Schulz takes');
    expect(stderr).toContain('note: The plan extrapolates 0.46 decades beyond the largest measured size, 2.8B.');
    expect(stdout).toContain('attn.q, layer 0: cans x5\n  cans x5 (15 products) brings the forecast');
  });

  test('a criterion that no schedule meets exits 1 with the best reachable', () => {
    const { status, stdout } = plan('--params', '300B', '--floor', '0.95', '--schedules', 'jordan:5,textbook:10');
    expect(status).toBe(1);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /rows miss the floor 0\.95; the best reachable everywhere is 0\.\d+, set by mlp\.up of layer 187 with/,
    );
  });

  describe('in bf16', () => {
    /** Matrices of width 512 with the spectra of 300B: the last mlp.up lies below what bf16 keeps. */
    const narrow = () => ['--config', configFile({ layers: 4, width: 512, vocabulary: 256 }), '--params', '300B'];

    test('shows the remedy in table, summary, notes and reasons', () => {
      const { status, stdout, stderr } = plan(...narrow(), '--precision', 'bf16', '--reasons');
      expect(status).toBe(0);
      expect(stdout).toContain('mlp.up, layer 3: jordan x10 + float32 iterate');
      expect(stdout).toContain('with a remedy against rounding on 1 of 24 rows');
      expect(stderr).toContain('note: Rounding to bf16 keeps 1 of 24 rows from the floor 0.7');
      expect(stdout).toMatch(
        /In bf16 alone no number of steps .* reaches the floor 0\.7; the best, \S+ x\d+ .* reaches 0\.33/,
      );
      expect(stdout).toMatch(/In bf16 alone it gives 0\.2\d*: rounding to bf16 leaves 0\.3\d* of this direction/);
    });

    test('exits 1 where no schedule and remedy meets the criterion, with the best reachable', () => {
      const { status, stdout } = plan('--params', '300B', '--precision', 'bf16', '--schedules', 'jordan:5,textbook:10');
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /rows miss the floor 0\.7; the best reachable everywhere is 0\.\d+, set by mlp\.up of layer 187/,
      );
    });

    test('a framework that cannot express the remedy says so and exits 1; one that can does not', () => {
      const torch = plan(...narrow(), '--precision', 'bf16', '--to', 'torch');
      expect(torch.status).toBe(1);
      expect(torch.stderr).toContain('loss: torch cannot express float32 iterate, which 1 of 24 rows of the plan use');
      expect(torch.stdout.replace(/\s+/g, ' ')).toContain('LOSS: torch cannot express float32 iterate');
      const emerging = plan(...narrow(), '--precision', 'bf16', '--to', 'emerging-optimizers');
      expect([emerging.status, emerging.stderr]).toEqual([0, '']);
      expect(emerging.stdout).toContain('fp32_matmul_prec="medium"');
      const csv = plan(...narrow(), '--precision', 'bf16', '--to', 'csv').stdout;
      expect(csv.split('\r\n').filter((line) => line.endsWith(',float32 iterate'))).toHaveLength(1);
    });

    test('--against says which outputs are exact', () => {
      const saved = join(temporaryFolder(), 'plan.json');
      writeFileSync(saved, plan(...narrow(), '--json').stdout);
      const { stdout } = plan(...narrow(), '--precision', 'bf16', '--against', saved);
      expect(stdout).toContain('jordan x10 + float32 iterate');
      expect(stdout).toContain(
        'note: Outputs of this plan are those in bf16; where the other plan (float32) runs another',
      );
    });
  });

  test('--to writes a file, and says on stderr what the framework cannot express', () => {
    const out = join(temporaryFolder(), 'muon_plan.py');
    const { status, stdout, stderr } = plan('--config', configFile(LLAMA_3_8B), '--to', 'torch', '--out', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^attn\.k +\d+-\d+ .* triple\(/m);
    expect(stdout).not.toContain('cans');
    expect(stderr).toContain('loss: torch repeats one triple (a, b, c) a parameter group');
    expect(stderr).toMatch(
      /^loss: \d+ rows run one of \d+ triples designed for their forecasts; with published triples alone it would be 4\.96 % more/m,
    );
    expect(stderr).toContain(`wrote ${out}`);
    const file = readFileSync(out, 'utf8');
    expect(file).toContain('LOSS: torch repeats one triple');
    expect(file).toMatch(
      /^ {4}\(r"model\\\.layers\\\.\{layer\}\\\.self_attn\\\.v_proj", \d+, 31, "triple\(.*\) x6"\), {2}# attn\.v$/m,
    );
    expect(file).toMatch(/^ {4}"triple\(\d\.\d\de-\d\) x6": \(\(3\.\d+, -\d\.\d+, \d\.\d+\), 6\),$/m);
  });

  test('--to without --out writes the file to stdout, and a loss-free framework loses nothing', () => {
    const config = configFile(LLAMA_3_8B);
    const optax = plan('--config', config, '--to', 'optax');
    expect([optax.status, optax.stderr]).toEqual([0, '']);
    expect(optax.stdout.startsWith('"""A gradient transformation for optax')).toBe(true);
    expect(plan('--config', config, '--to', 'json').stdout).toBe(plan('--config', config, '--json').stdout);
    expect(plan('--config', config, '--to', 'csv').stdout.split('\r\n')).toHaveLength(1 + 32 * 7 + 1);
  });

  test('--against compares with a saved plan', () => {
    const saved = join(temporaryFolder(), 'plan.json');
    writeFileSync(saved, plan('--params', '300B', '--json').stdout);
    const same = plan('--params', '300B', '--against', saved);
    expect([same.status, same.stdout]).toEqual([
      0,
      expect.stringMatching(/\n0 of 1128 rows differ from the plan for 300B/),
    ]);
    const { changed, rows } = JSON.parse(plan('--params', '100B', '--against', saved, '--json').stdout);
    expect(changed).toBeGreaterThan(0);
    expect(rows[0]).toMatchObject({ role: 'attn.q', against: { name: 'cans x6' } });
  });
});

describe('bad input exits 2 with one sentence', () => {
  test.each([
    [['--to', 'jax'], '--to: unknown value "jax"; there are torch, optax, emerging-optimizers, dion, json, csv'],
    [
      ['--schedules', 'newton'],
      'use one of jordan, you5, you6, polar-express, cans, deepseek-v4, cubic5, textbook, aol',
    ],
    [
      ['--schedules', 'polar-express:6', '--to', 'torch'],
      'leaves none of --schedules polar-express:6; add one such as jordan',
    ],
    [['--confidence', '1'], '--confidence: expected a number above 0 and below 1, got "1"'],
    [['--quantile', '0.4'], 'no law has quantile 0.4; use one of 0.1, 0.25, 0.5, 0.75, 0.9'],
    [['--out', 'x.py'], '--out needs --to, which says what to write'],
    [['--to', 'torch', '--json'], '--to without --out writes to stdout, as do --json and --against'],
    [['--config', '/nowhere/config.json'], '/nowhere/config.json cannot be read; check the path of --config'],
    [['--against', '/nowhere/plan.json'], 'expected a plan in /nowhere/plan.json, found no such file'],
    [['--laws', '/nowhere/study'], 'found no study.json'],
    [['--params', '1e40'], 'plan: expected at most 1000T parameters, got 1e28T; no law reaches that far'],
  ])('%j', (flags, sentence) => {
    const { status, stdout, stderr } = plan(...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test.each([
    [{ model_type: 'llama', hidden_size: 8 }, 'the key "num_hidden_layers" is missing'],
    [{ model_type: 'mamba' }, 'model_type "mamba" is not known'],
    [{}, 'the key "model_type" is missing'],
    [{ layers: 80_000_000, width: 8, vocabulary: 8 }, 'the key "layers" must be at most 10000, got 80000000'],
  ])('--config with %j', (config, sentence) => {
    const { status, stderr } = plan('--config', configFile(config));
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });

  test('--config that is no JSON', () => {
    const { status, stderr } = plan('--config', configFile(null, '{"a":'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('expected JSON in ')]);
  });
});
