import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { DomainError, StudyError } from '../../src/base/errors.ts';
import {
  createStudy,
  openStudy,
  readLaws,
  readPlan,
  readRuns,
  readStudy,
  requireSameStudy,
} from '../../src/store/studyFolder.ts';
import { laws, metricsAt, plan, run, spectrumAt, study, temporaryFolder } from './exampleRecords.ts';

/** A study with one run of three steps, closed. */
function writtenStudy(): string {
  const folder = join(temporaryFolder(), 'out');
  const writer = createStudy(folder, study);
  const recorder = writer.openRun(run);
  for (const step of [1, 2, 3])
    recorder.appendStep(metricsAt(step), [spectrumAt(step), spectrumAt(step, 'layers.1.attn.q')]);
  recorder.close();
  writer.close();
  return folder;
}

describe('a study folder', () => {
  it('gives back what was written', () => {
    const folder = writtenStudy();
    const writer = openStudy(folder);
    writer.writeLaws(laws);
    writer.writePlan(plan);
    writer.writeReport('<!doctype html>');
    writer.writeChart('loss.svg', '<svg/>');
    writer.close();
    expect(readStudy(folder)).toEqual(study);
    expect(readLaws(folder)).toEqual(laws);
    expect(readPlan(folder)).toEqual(plan);
    const [records] = readRuns(folder);
    expect(records).toMatchObject({ description: run, metrics: [1, 2, 3].map(metricsAt), cut: [] });
    expect(records?.spectra).toHaveLength(6);
    expect(readdirSync(folder).sort()).toEqual([
      'charts',
      'laws.json',
      'plan.json',
      'report.html',
      'runs',
      'study.json',
    ]);
    expect(readdirSync(join(folder, 'runs', run.run)).sort()).toEqual(['metrics.jsonl', 'run.json', 'spectra.jsonl']);
  });

  it('without laws and plan has none', () => {
    const folder = writtenStudy();
    expect([readLaws(folder), readPlan(folder)]).toEqual([null, null]);
  });

  it('keeps unknown fields of a later writer', () => {
    const folder = writtenStudy();
    writeFileSync(join(folder, 'study.json'), JSON.stringify({ ...study, colour: 'red' }));
    expect(readStudy(folder)).toHaveProperty('colour', 'red');
  });

  it('has one writer at a time, and any number of readers', () => {
    const folder = writtenStudy();
    const writer = openStudy(folder);
    expect(() => openStudy(folder)).toThrow('is being written by process');
    expect(readRuns(folder)).toHaveLength(1);
    writer.close();
    openStudy(folder).close();
  });

  it('loses the remains of killed writes when opened', () => {
    const folder = writtenStudy();
    writeFileSync(join(folder, 'plan.json.tmp'), '{');
    writeFileSync(join(folder, 'runs', run.run, 'run.json.tmp'), '{');
    openStudy(folder).close();
    expect(readdirSync(folder)).not.toContain('plan.json.tmp');
    expect(readdirSync(join(folder, 'runs', run.run))).not.toContain('run.json.tmp');
  });

  it('refuses a record that JSON cannot hold and keeps the file before it', () => {
    const folder = writtenStudy();
    const writer = openStudy(folder);
    writer.writePlan(plan);
    expect(() => writer.writePlan({ ...plan, saved: Number.NaN })).toThrow(
      'refused to write a record whose saved: expected number, received NaN; the files before it are whole',
    );
    writer.close();
    expect(readPlan(folder)).toEqual(plan);
  });

  it('takes charts by plain file names only', () => {
    const writer = openStudy(writtenStudy());
    expect(() => writer.writeChart('../loss.svg', '')).toThrow(DomainError);
    writer.close();
  });
});

describe('an output folder', () => {
  it('that is empty, or holds only what a killed start left, takes a study', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'study.json.tmp'), '{"sch');
    createStudy(folder, study).close();
    expect(readStudy(folder)).toEqual(study);
  });

  it('that holds a study is refused with both ways out', () => {
    const folder = writtenStudy();
    expect(() => createStudy(folder, study)).toThrow(StudyError);
    expect(() => createStudy(folder, study)).toThrow(
      `study: ${folder} already holds a study (preset smoke, seed 1, 2026-11-22T00:00:00.000Z); continue it with --resume or give another --out`,
    );
    expect(readRuns(folder)).toMatchObject([{ metrics: [{ step: 1 }, { step: 2 }, { step: 3 }] }]);
  });

  it('that holds other files is refused and left alone', () => {
    const folder = temporaryFolder();
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folder, name), '');
    expect(() => createStudy(folder, study)).toThrow(
      `study: ${folder} holds other files (a, b, c, ...), expected an empty or new folder; give another --out`,
    );
    expect(readdirSync(folder)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('that is a file is refused', () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    expect(() => createStudy(path, study)).toThrow(
      'a file stands where a folder is needed; move it away or give another --out',
    );
  });

  it('that is no study is refused by readers', () => {
    const folder = temporaryFolder();
    expect(() => openStudy(folder)).toThrow(`study: expected a study in ${folder}, found no study.json;`);
    expect(() => readStudy(join(folder, 'missing'))).toThrow('found no study.json');
  });

  it('of another study is refused on resume with the first difference', () => {
    const folder = writtenStudy();
    requireSameStudy(folder, { preset: 'smoke', seed: 1, ladder: study.ladder });
    expect(() => requireSameStudy(folder, { preset: 'smoke', seed: 2 })).toThrow(
      `study: ${folder} holds another study: it differs in seed (2 against 1); continue it with its own arguments or give another --out`,
    );
    expect(() => requireSameStudy(folder, { text: ['a.txt'] })).toThrow('differs in text (1 entries against 0)');
  });
});

describe('a study file that was', () => {
  test.each<[string, string, (text: string) => string, string]>([
    ['cut off', 'study.json', (text) => text.slice(0, 100), 'study.json: expected a JSON record'],
    [
      'of a later version',
      'study.json',
      (text) => text.replace('folder/1', 'folder/2'),
      'written as "muonscope.study-folder/2", this version of muonscope reads muonscope.study-folder/1; use a muonscope that matches the study',
    ],
    [
      'given a bad number',
      'study.json',
      (text) => text.replace('"steps": 12', '"steps": -12'),
      'study.json: ladder[0].config.steps: ',
    ],
    [
      'given a run outside the folder',
      'study.json',
      (text) => text.replace('"run": "gpt', '"run": "../gpt'),
      'ladder[0].run: expected letters',
    ],
    [
      'changed in the ladder',
      'study.json',
      (text) => text.replace('"steps": 12', '"steps": 13'),
      'and study.json differ in config.steps (13 against 12); one of them was edited',
    ],
    [
      'changed in the corpus',
      'study.json',
      (text) => text.replace('abab', 'cdab'),
      'study.json differ in corpusSha256',
    ],
    [
      'changed in a run',
      `runs/${run.run}/run.json`,
      (text) => text.replace('"seed": 1', '"seed": 2'),
      'differ in config.seed (1 against 2)',
    ],
    [
      'deprived of a step',
      `runs/${run.run}/metrics.jsonl`,
      (text) => text.replace(/.*"step":2,.*\n/, ''),
      'metrics.jsonl line 2: expected step 2, got step 3',
    ],
    [
      'deprived of the first step',
      `runs/${run.run}/metrics.jsonl`,
      (text) => text.replace(/.*"step":1,.*\n/, ''),
      'metrics.jsonl line 1: expected the first step, got step 2',
    ],
    [
      'given a spectrum twice',
      `runs/${run.run}/spectra.jsonl`,
      (text) => text.replace(/^(.*\n)/, '$1$1'),
      'spectra.jsonl line 2: layers.0.attn.q nesterov is recorded twice at step 1',
    ],
    [
      'put out of order',
      `runs/${run.run}/spectra.jsonl`,
      (text) =>
        text
          .split(/(?<=\n)/)
          .reverse()
          .join(''),
      'spectra.jsonl line 3: step 2 stands after step 3',
    ],
    [
      'robbed of its spectra',
      `runs/${run.run}/spectra.jsonl`,
      () => '',
      'spectra.jsonl: expected spectra of step 2, got none',
    ],
    [
      'given a foreign spectrum',
      `runs/${run.run}/spectra.jsonl`,
      (text) => text.replace('gpt-2x32', 'gpt-9x32'),
      'spectra.jsonl line 1: run ("gpt-2x32" against "gpt-9x32") does not agree with run.json',
    ],
  ])('%s is named with what is wrong (%s)', (_, name, edit, message) => {
    const folder = writtenStudy();
    const path = join(folder, name);
    const before = readFileSync(path, 'utf8');
    const after = edit(before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    expect(() => readRuns(folder)).toThrow(StudyError);
    expect(() => readRuns(folder)).toThrow(message);
  });

  it('cut off in its last line is read up to there, and the cut is reported', () => {
    const folder = writtenStudy();
    const path = join(folder, 'runs', run.run, 'metrics.jsonl');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(0, -9));
    const [records] = readRuns(folder).filter((records) => records.origin === 'trained');
    expect(records?.metrics.map(({ step }) => step)).toEqual([1, 2]);
    expect(records?.cut).toMatchObject([{ file: 'metrics.jsonl', line: 3 }]);
    expect(new Set(records?.spectra.map(({ step }) => step))).toEqual(new Set([1, 2]));
  });

  it('a run folder whose run.json is gone is not taken for a new run', () => {
    const folder = join(temporaryFolder(), 'out');
    const writer = createStudy(folder, study);
    mkdirSync(join(folder, 'runs', run.run), { recursive: true });
    writeFileSync(join(folder, 'runs', run.run, 'metrics.jsonl'), '');
    expect(() => writer.openRun(run)).toThrow('run.json: the file is missing');
    writer.close();
  });
});
