import { cpSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointPath } from '../../src/store/checkpoint.ts';
import { createStudy, openStudy, type StudyWriter } from '../../src/store/studyFolder.ts';
import { checkpointAt, metricsAt, run, spectrumAt, study, temporaryFolder } from './exampleRecords.ts';
import { CHECKPOINT_EVERY, trainTo } from './exampleTraining.ts';

function newStudy(): StudyWriter {
  const writer = createStudy(join(temporaryFolder(), 'out'), study);
  return writer;
}

/** Every file below the study with its contents, the lock left out. */
function contentsOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== '.lock');
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

describe('a run being recorded', () => {
  it('begins without a checkpoint and goes on from the one it saved', () => {
    const writer = newStudy();
    const first = writer.openRun(run);
    expect([first.checkpoint, first.droppedSteps, first.cut]).toEqual([null, 0, []]);
    for (const step of [1, 2, 3]) first.appendStep(metricsAt(step), [spectrumAt(step)]);
    first.saveCheckpoint(checkpointAt(3));
    first.appendStep(metricsAt(4), []);
    first.close();
    const second = writer.openRun(run);
    expect([second.checkpoint?.step, second.droppedSteps]).toEqual([3, 1]);
    second.appendStep(metricsAt(4), []);
    second.close();
    writer.close();
  });

  it('refuses a step that does not follow, a spectrum of another step or run, and a checkpoint of another step', () => {
    const writer = newStudy();
    const recorder = writer.openRun(run);
    expect(() => recorder.appendStep(metricsAt(2), [])).toThrow('study: step 2 does not follow step zero');
    recorder.appendStep(metricsAt(1), []);
    expect(() => recorder.appendStep(metricsAt(3), [])).toThrow('study: step 3 does not follow step 1');
    expect(() => recorder.appendStep(metricsAt(2), [spectrumAt(1)])).toThrow(
      'refused a spectrum of another run or step: step (2 against 1)',
    );
    expect(() => recorder.appendStep(metricsAt(2), [{ ...spectrumAt(2), run: 'x' }])).toThrow('refused a spectrum');
    expect(() => recorder.saveCheckpoint(checkpointAt(2))).toThrow(
      'a checkpoint of gpt-2x32 at step 2 does not fit run gpt-2x32 at step 1',
    );
    recorder.close();
    writer.close();
  });

  it('refuses a loss that is not a number without writing anything of the step', () => {
    const writer = newStudy();
    const recorder = writer.openRun(run);
    expect(() => recorder.appendStep({ ...metricsAt(1), loss: Number.NaN }, [spectrumAt(1)])).toThrow(
      'loss: expected number, received NaN',
    );
    expect(readFileSync(join(writer.folder, 'runs', run.run, 'spectra.jsonl'), 'utf8')).toBe('');
    recorder.appendStep(metricsAt(1), [spectrumAt(1)]);
    recorder.close();
    writer.close();
  });

  it('refuses to go on under another description, naming the first difference', () => {
    const writer = newStudy();
    writer.openRun(run).close();
    expect(() => writer.openRun({ ...run, engine: 'onnxruntime-webgpu' })).toThrow(
      'the run asked for differs in engine ("onnxruntime-webgpu" against "onnxruntime-cpu") from the one recorded; continue with the same arguments or give another --out',
    );
    expect(() => writer.openRun({ ...run, run: 'other' })).toThrow('run (other is no rung of the ladder)');
    writer.close();
  });

  it('refuses records that end before the checkpoint', () => {
    const folder = join(temporaryFolder(), 'out');
    trainTo(folder, 6);
    const path = join(folder, 'runs', run.run, 'metrics.jsonl');
    writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 2).join('\n')}\n`);
    const writer = openStudy(folder);
    expect(() => writer.openRun(run)).toThrow('the records end before the checkpoint at step 5');
    writer.close();
  });
});

it('killed between any two bytes, a study resumes to the same files as an undisturbed one', () => {
  const root = temporaryFolder();
  const undisturbed = join(root, 'undisturbed');
  const last = 14;
  trainTo(undisturbed, last);
  const wanted = contentsOf(undisturbed);
  let round = 0;
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: last }),
      share,
      share,
      share,
      (stop, metricsShare, spectraShare, temporaryShare) => {
        const folder = join(root, `killed-${round++}`);
        const atCheckpoint = join(root, `checkpoint-${round}`);
        trainTo(atCheckpoint, stop - (stop % CHECKPOINT_EVERY));
        cpSync(atCheckpoint, folder, { recursive: true });
        trainTo(folder, stop);
        const runFolder = join(folder, 'runs', run.run);
        for (const [name, kept] of [
          ['metrics.jsonl', metricsShare],
          ['spectra.jsonl', spectraShare],
        ] as const) {
          const flushed = statSync(join(atCheckpoint, 'runs', run.run, name)).size;
          const size = statSync(join(runFolder, name)).size;
          truncateSync(join(runFolder, name), flushed + Math.floor(kept * (size - flushed)));
        }
        const checkpoint = checkpointPath(runFolder);
        if (existsSync(checkpoint)) {
          const bytes = readFileSync(checkpoint);
          writeFileSync(`${checkpoint}.tmp`, bytes.subarray(0, Math.floor(temporaryShare * bytes.length)));
        }
        trainTo(folder, last);
        expect(contentsOf(folder)).toEqual(wanted);
      },
    ),
    { numRuns: 25, seed: 1 },
  );
});
