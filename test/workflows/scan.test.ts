import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { spectrumOf } from '../../src/linalg/singularValues.ts';
import type { SkippedMatrix } from '../../src/spectra/scannedMomentum.ts';
import { RECORD_QUANTILES } from '../../src/spectra/spectrum.ts';
import { scanSchema } from '../../src/store/scanSchemas.ts';
import { readRuns } from '../../src/store/studyFolder.ts';
import { type ScanListener, scanMomentum } from '../../src/workflows/scan.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { matrixOf, memoryMomentum } from './memoryMomentum.ts';

const NEVER = new AbortController().signal;
const MATRICES = [0, 1, 2, 3].flatMap((layer) => ['attn.q', 'mlp.up'].map((role) => ({ role, layer })));
const NAN = (data: Float32Array): void => {
  data[70] = Number.NaN;
};

/** A listener that keeps what it is told. */
function told(): ScanListener & { readonly measuredNames: string[]; readonly left: SkippedMatrix[]; recorded: number } {
  const news = {
    measuredNames: [] as string[],
    left: [] as SkippedMatrix[],
    recorded: 0,
    opened: (_: unknown, __: unknown, recorded: number) => {
      news.recorded = recorded;
    },
    measured: ({ name }: { readonly name: string }) => {
      news.measuredNames.push(name);
    },
    skipped: (matrix: SkippedMatrix) => {
      news.left.push(matrix);
    },
  };
  return news;
}

describe('a scan', () => {
  it('gives the spectrum of every matrix, in the order of the checkpoint, as one document', async () => {
    const listener = told();
    const scanned = await scanMomentum([memoryMomentum('runs/gpt/step_100.pt', MATRICES)], {}, listener, NEVER);
    expect(scanSchema.parse(scanned)).toEqual(scanned);
    expect(scanned).toMatchObject({
      checkpoint: 'runs/gpt/step_100.pt',
      format: 'torch',
      checkpoints: [{ run: 'gpt', step: 100, layout: 'torch.optim.Muon', stage: 'buffer', nsInput: 'nesterov' }],
      skipped: [],
    });
    expect(scanned?.matrices.map(({ name }) => name)).toEqual(
      MATRICES.map(({ role, layer }) => `layers.${layer}.${role}`),
    );
    expect([...listener.measuredNames].sort()).toEqual(scanned?.matrices.map(({ name }) => name).sort());
    const { values, frobenius } = spectrumOf(await matrixOf({}, 1).read(), RECORD_QUANTILES);
    expect(scanned?.matrices[0]).toMatchObject({ params: 1_000_000, depth: 0.25, shape: [96, 64], values, frobenius });
  });

  it('reports a matrix with NaN or infinite entries and goes on', async () => {
    const listener = told();
    const infinite = (data: Float32Array): void => {
      data[3] = Number.NEGATIVE_INFINITY;
    };
    const matrices = [{ layer: 0, edit: NAN }, { layer: 1 }, { layer: 2, edit: infinite }];
    const scanned = await scanMomentum([memoryMomentum('a.pt', matrices)], {}, listener, NEVER);
    expect(scanned?.matrices.map(({ layer }) => layer)).toEqual([1]);
    expect(scanned?.skipped).toEqual([
      {
        name: 'layers.0.attn.q',
        shape: [96, 64],
        cause: 'not finite',
        reason: 'entry (1, 6) is NaN; every entry must be finite',
        checkpoint: 'a.pt',
      },
      expect.objectContaining({
        name: 'layers.2.attn.q',
        reason: 'entry (0, 3) is -Infinity; every entry must be finite',
      }),
    ]);
    expect(listener.left).toHaveLength(2);
  });

  it('does not read a matrix that the kernels cannot hold', async () => {
    const use = { reads: 0, closed: 0 };
    const open = memoryMomentum('a.pt', [{ shape: [20_000, 20_000] }], {}, use);
    const scanned = await scanMomentum([open], {}, told(), NEVER);
    expect(scanned?.skipped).toMatchObject([{ cause: 'too large' }]);
    expect(use).toEqual({ reads: 0, closed: 1 });
  });

  it('of a checkpoint that breaks off ends with its error, closes it, and keeps what was measured', async () => {
    const use = { reads: 0, closed: 0 };
    const out = join(temporaryFolder(), 'out');
    const breaks = (): never => {
      throw new FormatError('torch: the file ends early', 'a.pt');
    };
    const open = memoryMomentum('a.pt', [...MATRICES.slice(0, 5), { layer: 3, role: 'attn.o', edit: breaks }], {}, use);
    await expect(scanMomentum([open], { out, workers: 1 }, told(), NEVER)).rejects.toThrow('the file ends early');
    expect(use.closed).toBe(1);
    const [run] = readRuns(out);
    expect(run?.spectra.length).toBeGreaterThanOrEqual(3);
  });

  it('holds at most one matrix more than there are workers', async () => {
    let held = 0;
    let most = 0;
    const open = memoryMomentum('a.pt', MATRICES);
    const counted = async () => {
      const opened = await open();
      const matrices = opened.found.matrices.map((matrix) => ({
        ...matrix,
        read: async () => {
          most = Math.max(most, ++held);
          return matrix.read();
        },
      }));
      return { ...opened, found: { ...opened.found, matrices } };
    };
    const listener = { ...told(), measured: () => void held-- };
    await scanMomentum([counted], { workers: 2 }, listener, NEVER);
    expect(held).toBe(0);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('a scan into a study', () => {
  it('makes a trajectory of several checkpoints, whose step and size they tell', async () => {
    const out = join(temporaryFolder(), 'out');
    const steps = [200, 100].map((step) => memoryMomentum(`gpt/step_${step}.pt`, MATRICES, { step }));
    const scanned = await scanMomentum(steps, { out }, told(), NEVER);
    const [run] = readRuns(out);
    expect(run?.description).toEqual({
      schema: 'muonscope.run/1',
      origin: 'observed',
      run: 'gpt',
      params: 1_000_000,
      nonEmbeddingParams: 900_000,
    });
    const key = (spectrum: { step: number | null; name: string }): string => `${spectrum.step} ${spectrum.name}`;
    expect(new Set(run?.spectra.map(key))).toEqual(new Set(scanned?.matrices.map(key)));
    expect(run).toMatchObject({
      sources: [
        { step: 200, spectra: 8 },
        { step: 100, spectra: 8 },
      ],
    });
  });

  it('resumes: what was measured is not measured again, and is in the document', async () => {
    const out = join(temporaryFolder(), 'out');
    const first = await scanMomentum(
      [memoryMomentum('gpt/step_100.pt', MATRICES)],
      { out, roles: ['attn'] },
      told(),
      NEVER,
    );
    expect(first?.matrices).toHaveLength(4);
    truncateSync(spectraOf(out), readFileSync(spectraOf(out)).length - 5);
    const use = { reads: 0, closed: 0 };
    const listener = told();
    const again = await scanMomentum([memoryMomentum('gpt/step_100.pt', MATRICES, {}, use)], { out }, listener, NEVER);
    expect([use.reads, listener.recorded, again?.matrices.length]).toEqual([5, 3, 8]);
    const third = { reads: 0, closed: 0 };
    const same = await scanMomentum([memoryMomentum('gpt/step_100.pt', MATRICES, {}, third)], { out }, told(), NEVER);
    expect(same).toEqual(again);
    expect(third.reads).toBe(0);
    expect(readRuns(out)).toMatchObject([{ sources: [{ spectra: 4 }, { spectra: 8 }] }]);
  });

  it('stopped in the middle keeps what was measured, and can go on', async () => {
    const out = join(temporaryFolder(), 'out');
    const stop = new AbortController();
    const listener = { ...told(), measured: () => stop.abort() };
    const open = memoryMomentum('gpt/step_100.pt', MATRICES);
    expect(await scanMomentum([open], { out, workers: 1 }, listener, stop.signal)).toBeNull();
    expect(readRuns(out)).toMatchObject([{ sources: [] }]);
    const rest = told();
    await scanMomentum([open], { out }, rest, NEVER);
    expect(rest.recorded).toBeGreaterThan(0);
    expect(rest.measuredNames.length).toBe(8 - rest.recorded);
  });

  it('asks for step and size where nothing tells them, once', async () => {
    const out = join(temporaryFolder(), 'out');
    const open = memoryMomentum('optim.pt', [{}], { step: null, params: null, nonEmbeddingParams: null });
    await expect(scanMomentum([open], { out }, told(), NEVER)).rejects.toThrow(
      'optim.pt: its step is not known, which a trajectory needs; scan it with --step, e.g. --step 1000',
    );
    await expect(scanMomentum([open], { out, step: 5 }, told(), NEVER)).rejects.toThrow(
      'optim.pt: how many parameters its model has is not known, which laws need; give --params, e.g. --params 124M',
    );
    await scanMomentum([open], { out, step: 5, params: 10_000 }, told(), NEVER);
    await scanMomentum([open], { out, step: 6 }, told(), NEVER);
    expect(readRuns(out)).toMatchObject([{ description: { run: 'run', params: 10_000, nonEmbeddingParams: 6144 } }]);
    await expect(scanMomentum([open], { out, step: 7, params: 20_000 }, told(), NEVER)).rejects.toThrow(
      'has 10k parameters (10000), optim.pt is of a model with 20k (20000); give another --run',
    );
  });

  it('that finds nothing to measure leaves no study', async () => {
    const out = join(temporaryFolder(), 'out');
    const scanned = await scanMomentum([memoryMomentum('optim.pt', [])], { out, step: 1, params: 7 }, told(), NEVER);
    expect(scanned?.matrices).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses one step for several checkpoints', async () => {
    const open = [1, 2].map((i) => memoryMomentum(`${i}.pt`, [{}]));
    await expect(scanMomentum(open, { step: 5 }, told(), NEVER)).rejects.toThrow(
      '--step: is the step of one checkpoint',
    );
  });
});

function spectraOf(out: string): string {
  return join(out, 'runs', 'gpt', 'spectra.jsonl');
}
