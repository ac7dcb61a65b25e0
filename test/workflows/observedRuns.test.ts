import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLaws, readPlan } from '../../src/store/studyFolder.ts';
import { fitStudyLaws } from '../../src/workflows/laws.ts';
import { observedModel, observedNotes, observedQuantiles, observedWindow } from '../../src/workflows/observedRuns.ts';
import { planTarget } from '../../src/workflows/plan.ts';
import { rewriteReport } from '../../src/workflows/rewriteReport.ts';
import { observedRun, spectrumAt } from '../store/exampleRecords.ts';
import { EXPONENT, ladderSpectra, observedLadder } from './observedLadder.ts';

const STEPS = Array.from({ length: 30 }, (_, i) => 100 * (i + 1));
const LADDER = [64, 128, 256, 512].map((width) => [width, STEPS] as const);
const REQUEST = { sizeConvention: 'total', window: 'fixed' } as const;

describe('an observed ladder', () => {
  it('has the laws that its spectra follow, with width and layers from the shapes', async () => {
    const folder = observedLadder(LADDER);
    const { laws } = await fitStudyLaws(folder, REQUEST);
    expect(laws.pooled.map(({ role, depth }) => `${role} ${depth}`)).toEqual([
      'attn.q 0.5',
      'attn.q 1',
      'mlp.up 0.5',
      'mlp.up 1',
    ]);
    for (const { exponent } of laws.pooled) expect(exponent).toBeCloseTo(EXPONENT, 10);
    expect(laws.ladder.map(({ width, layers }) => [width, layers])).toEqual(LADDER.map(([width]) => [width, 2]));
  });

  it('says which steps count, since the length of the runs is not known', async () => {
    const folder = observedLadder(LADDER);
    expect((await fitStudyLaws(folder, REQUEST)).laws.warnings).toContainEqual(
      expect.stringMatching(
        /^observed runs, whose schedule is not known, count with the last 40 % of the steps seen: w64 steps 1800 to 3000, 13 samples; /,
      ),
    );
    const plateaus = (await fitStudyLaws(folder, { ...REQUEST, window: 'plateau' })).laws.warnings;
    expect(plateaus.some((warning) => warning.startsWith('observed runs'))).toBe(false);
  });

  it('is planned from without being finished first', async () => {
    const request = {
      laws: observedLadder(LADDER),
      params: 1e9,
      quantile: 0.5,
      floor: 0.7,
      precision: 'float32',
    } as const;
    expect((await planTarget(request)).layers.length).toBeGreaterThan(0);
  });

  it('has a report with laws and a plan for the size asked for, which the folder keeps', () => {
    const folder = observedLadder(LADDER);
    const { path, notes } = rewriteReport(folder, { target: 1e10 });
    expect(notes).toEqual([]);
    expect(readLaws(folder)?.laws.length).toBeGreaterThan(0);
    expect(readPlan(folder)?.target.params).toBe(1e10);
    const html = readFileSync(path, 'utf8');
    expect(html).toContain('were trained elsewhere with Muon and observed here');
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });
});

describe('observed runs that carry no law', () => {
  it('of one size are refused by laws, and reported without laws, saying why', async () => {
    const folder = observedLadder([[64, [100, 200]]]);
    const message = 'laws: expected spectra of at least two model sizes, got 1; train or scan more sizes';
    await expect(fitStudyLaws(folder, REQUEST)).rejects.toThrow(message);
    expect(rewriteReport(folder).notes).toEqual([message]);
    expect(existsSync(join(folder, 'laws.json'))).toBe(false);
  });

  it('without spectra have no report yet', () => {
    expect(() => rewriteReport(observedLadder([]))).toThrow('add spectra with muonscope scan, watch or ingest');
  });
});

describe('single checkpoints of two sizes', () => {
  it('make laws that say how little they rest on', async () => {
    const { laws } = await fitStudyLaws(
      observedLadder([
        [64, [500]],
        [128, [4000]],
      ]),
      REQUEST,
    );
    expect(laws.pooled[0]?.exponent).toBeCloseTo(EXPONENT, 10);
    expect(laws.warnings).toContainEqual(expect.stringContaining('w64 step 500 alone; w128 step 4000 alone'));
    expect(laws.warnings).toContainEqual(expect.stringContaining('at different ages, up to step 500 and 4k'));
    expect(laws.laws[0]?.warnings).toContainEqual(expect.stringContaining('2 of 2 points have not settled'));
  });
});

describe('of spectra', () => {
  it('the window is the last 40 % of the steps; of a single checkpoint itself', () => {
    expect(observedWindow([spectrumAt(100), spectrumAt(1000)])).toEqual({ from: 600, to: 1000 });
    expect(observedWindow([spectrumAt(0)])).toEqual({ from: 0, to: 0 });
  });

  it('the width is the dimension that most matrices share, whichever way weights are stored', () => {
    const spectra = ladderSpectra('a', 64, [1]);
    expect(observedModel(spectra)).toEqual({ width: 64, layers: 2 });
    const turned = spectra.map((spectrum) => ({ ...spectrum, shape: [spectrum.shape[1], spectrum.shape[0]] as const }));
    expect(observedModel(turned)).toEqual({ width: 64, layers: 2 });
    expect(observedModel([])).toBeNull();
  });

  it('quantiles count that all of them have', () => {
    const some = { ...spectrumAt(1), quantiles: [0.5, 0.9], values: [0.1, 0.05] };
    expect(observedQuantiles(observedRun, [spectrumAt(1), some])).toEqual([0.5, 0.9]);
    const other = { ...spectrumAt(1), quantiles: [0.3], values: [0.1] };
    expect(() => observedQuantiles(observedRun, [other])).toThrow(
      'run gpt-124m to share one of the quantiles 0.1, 0.25',
    );
  });

  it('a mix of buffers and Nesterov blends is said, between runs and within one', () => {
    const runOf = (name: string, ...stages: ('buffer' | 'nesterov')[]) => ({
      origin: 'observed' as const,
      description: { ...observedRun, run: name },
      spectra: stages.map((stage) => ({ ...spectrumAt(1), stage })),
      sources: [],
      cut: [],
    });
    expect(observedNotes([runOf('a', 'buffer'), runOf('b', 'nesterov')], 'plateau')).toEqual([
      'the sizes mix momentum buffers (a) with Nesterov blends (b), whose spectra differ',
    ]);
    expect(observedNotes([runOf('a', 'buffer', 'nesterov'), runOf('b', 'nesterov')], 'plateau')).toEqual([
      'runs hold momentum buffers and Nesterov blends, and only the more numerous kind counts: a nesterov',
    ]);
  });
});
