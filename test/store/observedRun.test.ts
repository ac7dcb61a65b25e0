import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Spectrum } from '../../src/spectra/spectrum.ts';
import {
  createStudy,
  hasObservedRuns,
  openStudy,
  readRuns,
  readTrainedStudy,
  type StudyWriter,
} from '../../src/store/studyFolder.ts';
import { observedRun, observedStudy, run, sourceAt, spectrumAt, study, temporaryFolder } from './exampleRecords.ts';

function observedAt(step: number, name = 'layers.0.attn.q'): Spectrum {
  const { run: own, params, nonEmbeddingParams } = observedRun;
  return { ...spectrumAt(step, name), run: own, params, nonEmbeddingParams };
}

/** An observed study with two matrices at steps 200 and 100, in this order. */
function observedFolder(): string {
  const folder = join(temporaryFolder(), 'out');
  const writer = createStudy(folder, observedStudy);
  const recorder = writer.openObservedRun(observedRun);
  for (const step of [200, 100]) {
    for (const name of ['a', 'b']) expect(recorder.append(observedAt(step, name))).toBe(true);
    recorder.appendSource(sourceAt(step));
  }
  recorder.close();
  writer.close();
  return folder;
}

function reopened<T>(folder: string, use: (writer: StudyWriter) => T): T {
  const writer = openStudy(folder);
  try {
    return use(writer);
  } finally {
    writer.close();
  }
}

describe('an observed run', () => {
  it('is read as it was recorded, steps in any order', () => {
    expect(readRuns(observedFolder())).toEqual([
      {
        origin: 'observed',
        description: observedRun,
        spectra: [observedAt(200, 'a'), observedAt(200, 'b'), observedAt(100, 'a'), observedAt(100, 'b')],
        sources: [sourceAt(200), sourceAt(100)],
        cut: [],
      },
    ]);
  });

  it('does not record a matrix twice at a step and stage', () => {
    const folder = observedFolder();
    reopened(folder, (writer) => {
      const recorder = writer.openObservedRun(observedRun);
      expect(recorder.find({ name: 'a', step: 100, stage: 'nesterov' })).toEqual(observedAt(100, 'a'));
      expect(recorder.find({ name: 'a', step: 300, stage: 'nesterov' })).toBeNull();
      expect(recorder.find({ name: 'a', step: 100, stage: 'buffer' })).toBeNull();
      expect(recorder.append(observedAt(100, 'a'))).toBe(false);
      expect(recorder.append(observedAt(300, 'a'))).toBe(true);
      expect(recorder.append(observedAt(300, 'a'))).toBe(false);
      expect(recorder.append({ ...observedAt(300, 'a'), stage: 'buffer' })).toBe(true);
      recorder.close();
    });
    expect(readRuns(folder)[0]?.spectra).toHaveLength(6);
  });

  it('loses the line that a kill cut off and nothing else', () => {
    const folder = observedFolder();
    const path = join(folder, 'runs', observedRun.run, 'spectra.jsonl');
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 7);
    expect(readRuns(folder)[0]?.cut).toMatchObject([{ file: 'spectra.jsonl', line: 4 }]);
    reopened(folder, (writer) => {
      const recorder = writer.openObservedRun(observedRun);
      expect(recorder.cut).toMatchObject([{ file: 'spectra.jsonl', line: 4 }]);
      expect(recorder.append(observedAt(100, 'b'))).toBe(true);
      recorder.close();
    });
    expect(readFileSync(path).equals(whole)).toBe(true);
  });

  it('refuses spectra of another run or size', () => {
    reopened(observedFolder(), (writer) => {
      const recorder = writer.openObservedRun(observedRun);
      expect(() => recorder.append({ ...observedAt(300), run: 'other' })).toThrow('refused a spectrum of another run');
      expect(() => recorder.append({ ...observedAt(300), params: 7 })).toThrow('params (124000000 against 7)');
      recorder.close();
      expect(() => writer.openObservedRun({ ...observedRun, params: 7 })).toThrow(
        'the run asked for differs in params (7 against 124000000) from the one recorded; continue with the same arguments or give another --run',
      );
    });
  });

  it('is damaged if a line repeats another or belongs to another run', () => {
    const folder = observedFolder();
    const path = join(folder, 'runs', observedRun.run, 'spectra.jsonl');
    const [first = ''] = readFileSync(path, 'utf8').split('\n');
    appendFileSync(path, `${first}\n`);
    expect(() => readRuns(folder)).toThrow('spectra.jsonl line 5: a is recorded twice at step 200');
    writeFileSync(path, `${first.replace('"run":"gpt-124m"', '"run":"gpt-355m"')}\n`);
    expect(() => readRuns(folder)).toThrow('line 1: run ("gpt-124m" against "gpt-355m") does not agree with run.json');
  });

  it('leaves nothing of a run that ended without a record', () => {
    const folder = observedFolder();
    reopened(folder, (writer) => {
      const other = { ...observedRun, run: 'refused' };
      writer.openObservedRun(other).close();
      writer.openObservedRun(observedRun).close();
    });
    expect(readdirSync(join(folder, 'runs'))).toEqual([observedRun.run]);
  });

  it('takes a convention that is not known', () => {
    const folder = observedFolder();
    reopened(folder, (writer) => {
      const recorder = writer.openObservedRun(observedRun);
      recorder.append({ ...observedAt(300, 'a'), convention: null });
      recorder.close();
    });
    expect(readRuns(folder)[0]?.spectra.at(-1)?.convention).toBeNull();
  });
});

describe('a study of a ladder that is trained here', () => {
  it('takes observed runs beside its rungs, but none of their names', () => {
    const folder = join(temporaryFolder(), 'out');
    const writer = createStudy(folder, study);
    writer.openRun(run).close();
    const recorder = writer.openObservedRun(observedRun);
    recorder.append(observedAt(1));
    recorder.close();
    expect(() => writer.openObservedRun({ ...observedRun, run: run.run })).toThrow(
      `study: ${run.run} is the name of a run that ${folder} trains; give another --run`,
    );
    writer.close();
    expect(readRuns(folder).map(({ origin }) => origin)).toEqual(['trained', 'observed']);
    expect(hasObservedRuns(folder)).toBe(true);
    expect(readTrainedStudy(folder)).toEqual(study);
  });

  it('is one whose study.json and run.json were written before runs could be observed', () => {
    const folder = join(temporaryFolder(), 'out');
    const writer = createStudy(folder, study);
    writer.openRun(run).close();
    writer.close();
    for (const file of [join(folder, 'study.json'), join(folder, 'runs', run.run, 'run.json')]) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/ *"origin": "trained",\n/, ''));
      expect(readFileSync(file, 'utf8')).not.toBe(text);
    }
    expect(readRuns(folder)).toMatchObject([{ origin: 'trained', description: run }]);
    expect(hasObservedRuns(folder)).toBe(false);
    reopened(folder, (again) => again.openRun(run).close());
  });
});

it('a study of observed runs cannot be trained further', () => {
  const folder = observedFolder();
  expect(() => readTrainedStudy(folder)).toThrow(
    `study: ${folder} holds observed runs only, which cannot be trained further; add to it with scan, watch or ingest, or give another --out`,
  );
  expect(() => reopened(folder, (writer) => writer.openRun(run))).toThrow('is no rung of the ladder');
  expect(() => createStudy(folder, observedStudy)).toThrow('already holds observed runs (2026-11-22T00:00:00.000Z)');
});
