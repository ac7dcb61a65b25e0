import { appendFileSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lawsSchema, planSchema } from '../../src/store/documentSchemas.ts';
import { exportSchema, ingestSchema, watchSchema } from '../../src/store/observedSchemas.ts';
import { readRuns } from '../../src/store/studyFolder.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { EXPONENT, ladderSpectra } from '../workflows/observedLadder.ts';
import { muonscope } from './muonscope.ts';
import { FLAGS, watching } from './watching.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const DION = join(FIXTURES, 'layouts', 'dion');

describe('logs of a recorder', () => {
  it('flow through ingest, laws, plan, report and export', () => {
    const folder = temporaryFolder();
    const steps = Array.from({ length: 20 }, (_, i) => 100 * (i + 1));
    for (const width of [64, 128, 256, 512]) {
      const lines = ladderSpectra(`w${width}`, width, steps).map((spectrum) => JSON.stringify(spectrum));
      writeFileSync(join(folder, `w${width}.jsonl`), `${lines.join('\n')}\n${lines[0]!.slice(0, 99)}`);
    }
    const files = [64, 128, 256, 512].map((width) => `w${width}.jsonl`);
    const ingested = muonscope(folder, 'ingest', ...files, '--out', 'study');
    expect(ingested.exitCode).toBe(0);
    expect(ingested.stdout).toContain('w512.jsonl: jsonl, 80 spectra added to run w512');
    expect(ingested.stderr).toContain('w64.jsonl: 1 line is cut off or damaged and left out (line 81)');
    const laws = lawsSchema.parse(JSON.parse(muonscope(folder, 'laws', 'study', '--json').stdout));
    for (const { exponent } of laws.pooled) expect(exponent).toBeCloseTo(EXPONENT, 8);
    const plan = muonscope(folder, 'plan', '--laws', 'study', '--params', '1B', '--json');
    expect(planSchema.parse(JSON.parse(plan.stdout)).layers.length).toBeGreaterThan(0);
    const report = muonscope(folder, 'report', 'study', '--target', '7B');
    expect(report.stdout).toContain('Report: study/report.html');
    expect(readFileSync(join(folder, 'study', 'report.html'), 'utf8')).toContain('trained elsewhere with Muon');
    const exported = muonscope(folder, 'export', 'study', '--to', 'csv', '--out', 'table', '--json');
    expect(exportSchema.parse(JSON.parse(exported.stdout))).toMatchObject({
      schema: 'muonscope.export/1',
      spectra: 320,
    });
    expect(muonscope(folder, 'study', '--resume', '--out', 'study').stderr).toContain('holds observed runs only');
  });

  it('as the recorder itself wrote them in PyTorch, of three sizes, go all the way to a report', () => {
    const folder = temporaryFolder();
    const logs = [16, 24, 32].map((width) => join(FIXTURES, 'recorder', `width${width}.jsonl`));
    const ingested = ingestSchema.parse(
      JSON.parse(muonscope(folder, 'ingest', ...logs, '--out', 'study', '--json').stdout),
    );
    expect(ingested.files.map(({ added, cut, foreign }) => [added, cut, foreign])).toEqual(logs.map(() => [96, [], 0]));
    const laws = lawsSchema.parse(JSON.parse(muonscope(folder, 'laws', 'study', '--json').stdout));
    expect(laws.pooled).toHaveLength(24);
    // A matrix of r Gaussian entries a side has values of about 1 / sqrt(r): the exponent of width is 0.26 here, and momentum's is near.
    for (const { exponent } of laws.pooled) expect(Math.abs(exponent - 0.26)).toBeLessThan(0.26);
    const plan = planSchema.parse(
      JSON.parse(muonscope(folder, 'plan', '--laws', 'study', '--params', '1B', '--json').stdout),
    );
    expect(new Set(plan.layers.map(({ role }) => role)).size).toBe(6);
    expect(muonscope(folder, 'report', 'study').exitCode).toBe(0);
    const page = readFileSync(join(folder, 'study', 'report.html'), 'utf8');
    for (const run of ['width16', 'width24', 'width32']) expect(page).toContain(run);
    const again = muonscope(folder, 'ingest', ...logs, '--out', 'study', '--json');
    expect(ingestSchema.parse(JSON.parse(again.stdout)).files.map(({ added }) => added)).toEqual([0, 0, 0]);
  });
});

describe('watch', () => {
  it('--once measures what there is, once', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'job'));
    copyFileSync(join(DION, 'muon_step3.pt'), join(folder, 'job', 'gpt_step3.pt'));
    writeFileSync(join(folder, 'job', 'metrics.jsonl'), '{"loss": 3}\n');
    writeFileSync(join(folder, 'job', 'broken.pt'), 'no checkpoint');
    const first = muonscope(folder, 'watch', 'job', ...FLAGS, '--once', '--json');
    const result = watchSchema.parse(JSON.parse(first.stdout));
    expect(result).toMatchObject({ schema: 'muonscope.watch/1', checkpoints: ['job/gpt_step3.pt'], logs: [] });
    expect(result.failed).toEqual([
      { name: 'job/broken.pt', reason: expect.stringContaining('expected a checkpoint') },
    ]);
    expect(first.exitCode).toBe(2);
    const [run] = readRuns(join(folder, 'study'));
    expect(run?.spectra).toHaveLength(result.added);
    expect(result.added).toBeGreaterThan(0);
    expect(JSON.parse(muonscope(folder, 'watch', 'job', ...FLAGS, '--once', '--json').stdout).added).toBe(0);
  });

  it.each([
    ['a distributed checkpoint', ['checkpoints', 'distributed', 'fsdp2']],
    ["DeepSpeed's folder of a step", ['checkpoints', 'deepspeed', 'zero2', 'global_step3']],
  ])('takes its folder itself as one checkpoint: %s', (_, path) => {
    const folder = temporaryFolder();
    cpSync(join(FIXTURES, ...path), join(folder, 'job', 'step3'), { recursive: true });
    const [line = ''] = ladderSpectra('logged', 64, [1]).map((spectrum) => `${JSON.stringify(spectrum)}\n`);
    writeFileSync(join(folder, 'job', 'step3', 'spectra.jsonl'), line);
    const { stdout, stderr, exitCode } = muonscope(folder, 'watch', 'job/step3', ...FLAGS, '--once', '--json');
    expect(exitCode, stderr).toBe(0);
    const result = watchSchema.parse(JSON.parse(stdout));
    expect(result).toMatchObject({ checkpoints: ['job/step3'], logs: ['job/step3/spectra.jsonl'], failed: [] });
    const scanned = JSON.parse(muonscope(folder, 'scan', 'job/step3', '--json').stdout);
    expect(result.added).toBe(scanned.matrices.length + 1);
  });

  it('goes on beside a checkpoint whose step is not known', () => {
    const folder = temporaryFolder();
    const bytes = readFileSync(join(DION, 'muon_step3.pt'));
    mkdirSync(join(folder, 'job'));
    cpSync(join(FIXTURES, 'checkpoints', 'distributed', 'mesh4'), join(folder, 'job', 'a'), { recursive: true });
    writeFileSync(join(folder, 'job', 'gpt_step3.pt'), bytes);
    const { stdout } = muonscope(folder, 'watch', 'job', ...FLAGS, '--once', '--json');
    const { checkpoints, failed } = watchSchema.parse(JSON.parse(stdout));
    expect(checkpoints).toEqual(['job/gpt_step3.pt']);
    expect(failed).toEqual([{ name: 'job/a', reason: expect.stringContaining('its step is not known') }]);
  });

  it('waits for a file that is still being written, takes new lines, and ends with Ctrl-C', async () => {
    const { child, folder, job, text, until, closed } = await watching();
    const bytes = readFileSync(join(DION, 'muon_step3.pt'));
    const growing = join(job, 'gpt_step3.pt');
    writeFileSync(growing, bytes.subarray(0, 1000));
    for (let at = 1000; at < bytes.length; at += 2000) {
      appendFileSync(growing, bytes.subarray(at, at + 2000));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until(() => text().stdout.includes('gpt_step3.pt: run gpt, step 3'));
    const [line = '', other = ''] = ladderSpectra('w64', 64, [1]).map((spectrum) => `${JSON.stringify(spectrum)}\n`);
    writeFileSync(join(job, 'spectra.jsonl'), line + other.slice(0, 50));
    await until(() => text().stdout.includes('1 new spectra'));
    appendFileSync(join(job, 'spectra.jsonl'), other.slice(50));
    await until(() =>
      readRuns(join(folder, 'study')).some((run) => run.description.run === 'w64' && run.spectra.length === 2),
    );
    child.kill('SIGINT');
    expect(await closed()).toBe(0);
    expect(text().stdout).toMatch(
      /\d+ spectra of 1 checkpoint and 1 log added to study; go on with: muonscope laws study\n$/,
    );
  });

  it('refuses what is no folder', () => {
    const { exitCode, stderr } = muonscope(temporaryFolder(), 'watch', 'nosuch', ...FLAGS);
    expect(stderr).toBe('muonscope: watch: expected a folder, got nosuch, which cannot be listed; check the path\n');
    expect(exitCode).toBe(2);
  });
});
