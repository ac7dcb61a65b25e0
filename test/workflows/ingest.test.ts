import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Spectrum } from '../../src/spectra/spectrum.ts';
import { readRuns } from '../../src/store/studyFolder.ts';
import { formatCsv } from '../../src/store/tables/csv.ts';
import { formatParquet } from '../../src/store/tables/parquet.ts';
import { spectrumTable } from '../../src/store/tables/spectrumTable.ts';
import { exportStudy } from '../../src/workflows/exportStudy.ts';
import { type IngestRequest, ingestLogs } from '../../src/workflows/ingest.ts';
import { spectrumAt, temporaryFolder } from '../store/exampleRecords.ts';
import { observedLadder } from './observedLadder.ts';

const NEVER = new AbortController().signal;

function logOf(spectra: readonly object[], more = ''): string {
  const path = join(temporaryFolder(), 'spectra.jsonl');
  writeFileSync(path, spectra.map((spectrum) => `${JSON.stringify(spectrum)}\n`).join('') + more);
  return path;
}

function ingest(files: readonly string[], request: Partial<IngestRequest> = {}) {
  const out = request.out ?? join(temporaryFolder(), 'out');
  return { out, result: ingestLogs(files, { ...request, out }, NEVER) };
}

const OF = (run: string, step: number): Spectrum => ({ ...spectrumAt(step), run });

describe('ingest', () => {
  it('adds the spectra of every run to its folder, unknown fields kept', async () => {
    const file = logOf([OF('a', 1), { ...OF('b', 1), beforeNs: 'equal_rows' }, OF('a', 2)]);
    const { out, result } = ingest([file]);
    expect(await result).toMatchObject({
      schema: 'muonscope.ingest/1',
      files: [{ format: 'jsonl', runs: ['a', 'b'], added: 3, duplicates: 0, cut: [], foreign: 0 }],
    });
    const [a, b] = readRuns(out);
    expect(a?.spectra).toEqual([OF('a', 1), OF('a', 2)]);
    expect(b?.spectra).toEqual([{ ...OF('b', 1), beforeNs: 'equal_rows' }]);
    expect(a).toMatchObject({ sources: [{ kind: 'log', name: file, spectra: 2 }] });
  });

  it('says what it left out: repeated, cut off and foreign lines', async () => {
    const file = logOf([OF('a', 1), { schema: 'other/1' }, OF('a', 1)], '{"schema": "muonscope.spec');
    const { out, result } = ingest([file]);
    expect((await result)?.files).toMatchObject([{ added: 1, duplicates: 1, cut: [4], foreign: 1 }]);
    expect((await ingest([file], { out }).result)?.files).toMatchObject([{ added: 0, duplicates: 2 }]);
    expect(readRuns(out)).toMatchObject([{ sources: [{ spectra: 2 }] }]);
  });

  it('refuses a record that is not as its schema says, with file, line and field', async () => {
    const file = logOf([OF('a', 1), { ...OF('a', 2), values: ['much'] }]);
    await expect(ingest([file]).result).rejects.toThrow(
      `${file} line 2: expected a record of muonscope.spectrum/1, but values[0]: expected number, received string; correct the file`,
    );
    await expect(ingest([logOf([{ step: 1, loss: 2 }])]).result).rejects.toThrow('line 1: expected a record of');
    await expect(ingest([logOf([], '{"cut": ')]).result).rejects.toThrow('expected a record of JSON in its first line');
  });

  it('leaves out spectra with numbers that are not finite, whichever way they are written, and says where', async () => {
    const [first, second] = [OF('a', 1), OF('a', 2)];
    const damaged = { ...first, values: first.values.map((value, i) => (i === 1 ? Number.NaN : value)) };
    const python = `${JSON.stringify(damaged).replace('null', 'NaN')}\n${JSON.stringify(second)}\n`;
    const contents = {
      jsonl: python,
      csv: formatCsv(spectrumTable([damaged, second])),
      parquet: await formatParquet(spectrumTable([damaged, second])),
    };
    for (const [format, bytes] of Object.entries(contents)) {
      const file = join(temporaryFolder(), `spectra.${format}`);
      writeFileSync(file, bytes);
      const { out, result } = ingest([file]);
      const line = format === 'csv' ? 2 : 1;
      const notFinite = [{ line, field: `values[1] (q${first.quantiles[1]}) is NaN` }];
      expect((await result)?.files).toMatchObject([{ format, added: 1, notFinite }]);
      expect(readRuns(out)[0]?.spectra).toEqual([second]);
    }
    const alone = logOf([], python.split('\n')[0]);
    await expect(ingest([alone]).result).rejects.toThrow(
      `${alone}: expected spectra, found only spectra with numbers that are not finite (1; line 1: values[1]`,
    );
  });

  it('refuses the log of another tool, with what it holds instead', async () => {
    const file = logOf([{ _step: 1, 'train/loss': 2.5 }]);
    await expect(ingest([file]).result).rejects.toThrow(
      `${file} line 1: expected a record of muonscope.spectrum/1, got one without a schema (its fields: _step, train/loss)`,
    );
    await expect(ingest([logOf([{ schema: 'other/1' }])]).result).rejects.toThrow(
      'found only records of other schemas (1)',
    );
  });

  it('takes sizes and steps from flags where lines have none, and refuses lines that contradict the run', async () => {
    const file = logOf([{ ...OF('a', 1), params: null, nonEmbeddingParams: null, step: null }]);
    await expect(ingest([file]).result).rejects.toThrow('give --params, e.g. --params 124M');
    await expect(ingest([file], { params: 7 }).result).rejects.toThrow('give --non-embedding-params');
    const sizes = { params: 7, nonEmbeddingParams: 5 };
    await expect(ingest([file], sizes).result).rejects.toThrow('line 1: its step is not known; ingest it with --step');
    const { out, result } = ingest([file], { ...sizes, step: 3, run: 'gpt' });
    await result;
    expect(readRuns(out)[0]?.spectra).toEqual([{ ...OF('gpt', 1), ...sizes, step: 3 }]);
    await expect(ingest([logOf([OF('gpt', 4)])], { out }).result).rejects.toThrow('give another --run');
  });

  it('makes a folder name of whatever a run is called', async () => {
    const { out, result } = ingest([logOf([OF('../../etc/passwd', 1), OF('my run', 1)])]);
    await result;
    expect(readRuns(out).map(({ description }) => description.run)).toEqual(['etc-passwd', 'my-run']);
  });

  it.each(['csv', 'parquet'] as const)('takes back what export wrote as %s', async (to) => {
    const study = observedLadder([
      [64, [1, 2]],
      [128, [1]],
    ]);
    const path = join(temporaryFolder(), `spectra.${to}`);
    expect(await exportStudy(study, to, path)).toMatchObject({ files: [path], runs: ['w64', 'w128'], spectra: 12 });
    const { out, result } = ingest([path]);
    await result;
    const spectra = (folder: string) => readRuns(folder).map((run) => run.spectra);
    expect(spectra(out)).toEqual(spectra(study));
  });
});

describe('export', () => {
  it('writes over its own files, and over no others', async () => {
    const study = observedLadder([[64, [1]]]);
    const out = join(temporaryFolder(), 'logs');
    for (const to of ['csv', 'tensorboard', 'trackio'] as const) {
      const folder = join(out, to);
      const first = await exportStudy(study, to, folder);
      const bytes = first.files.map((file) => readFileSync(file));
      expect(await exportStudy(study, to, folder)).toEqual(first);
      expect(first.files.map((file) => readFileSync(file))).toEqual(bytes);
    }
    await expect(exportStudy(study, 'tensorboard', join(out, 'csv'))).rejects.toThrow(
      'holds other files (spectra.csv)',
    );
    await expect(exportStudy(study, 'trackio', join(out, 'csv', 'spectra.csv'))).rejects.toThrow('got the file');
  });

  it('refuses a name that ends as another format, which would become a folder', async () => {
    const study = observedLadder([[64, [1]]]);
    const out = join(temporaryFolder(), 'spectra.parquet');
    for (const to of ['csv', 'tensorboard'] as const)
      await expect(exportStudy(study, to, out)).rejects.toThrow('ends as another format; give --to parquet or another');
  });

  it('of a study without records is refused', async () => {
    await expect(exportStudy(observedLadder([]), 'csv', 'x')).rejects.toThrow(
      'has no records yet; train, scan or ingest',
    );
  });
});
