/** Every checkpoint in fixtures/ that has momentum: what a scan records is what NumPy computes of the same matrices. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FormatError, MuonscopeError } from '../../src/base/errors.ts';
import { groupCheckpoints } from '../../src/sources/momentum/checkpointFiles.ts';
import { RECORD_QUANTILES } from '../../src/spectra/spectrum.ts';
import { checkpointsAt } from '../../src/workflows/openMomentum.ts';
import { type OpenedMomentum, scanMomentum } from '../../src/workflows/scan.ts';
import { candidatesIn } from '../../src/workflows/watchedFolder.ts';
import { pythonWith } from '../python.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const QUIET = { opened: () => {}, measured: () => {}, skipped: () => {} };
const NEVER = new AbortController().signal;

const files = (await candidatesIn(FIXTURES, '')).filter(({ kind }) => kind === 'checkpoint').map(({ path }) => path);
const groups = groupCheckpoints(files);

/** Opens a group; null where it is no checkpoint with momentum, as fixtures of readers are. */
async function openedOrNull(paths: readonly string[]): Promise<OpenedMomentum | null> {
  const [open] = checkpointsAt(paths, {});
  try {
    return (await open?.()) ?? null;
  } catch (error) {
    if (error instanceof FormatError || error instanceof MuonscopeError) return null;
    throw error;
  }
}

interface Reference {
  readonly frobenius: number;
  readonly sigma: readonly number[];
}

const SCRIPT = `
import json, sys, numpy as np
answers = []
for matrix in json.load(sys.stdin):
    x = np.array(matrix["data"], dtype=np.float64).reshape(matrix["shape"])
    s = np.linalg.svd(x, compute_uv=False)
    answers.append({"frobenius": float(np.linalg.norm(x)), "sigma": s.tolist()})
print(json.dumps(answers))`;

const python = pythonWith('__import__("numpy")');

async function numpyOf({ found }: OpenedMomentum): Promise<readonly Reference[]> {
  const matrices: { data: number[]; shape: readonly number[] }[] = [];
  for (const { shape, read } of found.matrices) matrices.push({ shape, data: Array.from((await read()).data) });
  const input = JSON.stringify(matrices);
  return JSON.parse(execFileSync(python!, ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 2 ** 28 }));
}

describe.skipIf(python === null)('NumPy (apt-get install python3-numpy) agrees with the scan of', () => {
  it('all fixtures that have momentum', async () => {
    const layouts = new Set<string>();
    const formats = new Set<string>();
    for (const { paths, model } of groups) {
      const opened = await openedOrNull(model === null ? paths : [...paths, model]);
      if (opened === null || opened.found.matrices.length === 0) {
        await opened?.close();
        continue;
      }
      const references = await numpyOf(opened);
      const scanned = await scanMomentum([async () => opened], {}, QUIET, NEVER);
      layouts.add(opened.found.layout);
      formats.add(opened.format);
      expect(scanned?.matrices, opened.name).toHaveLength(references.length);
      for (const [i, { frobenius, sigma }] of references.entries()) {
        const record = scanned!.matrices[i]!;
        // the accuracy that linalg documents: 2e-8 of the largest singular value, and a few eps of the norm
        const tolerance = (2e-8 * sigma[0]!) / frobenius + 8 * Number.EPSILON;
        const where = `${opened.name} ${record.name}`;
        expect(Math.abs(record.frobenius / frobenius - 1), where).toBeLessThan(1e-12);
        expect(Math.abs(record.spectral - sigma[0]! / frobenius), where).toBeLessThan(tolerance);
        for (const [k, q] of RECORD_QUANTILES.entries()) {
          const exact = sigma[Math.max(1, Math.ceil(q * sigma.length - 1e-9)) - 1]! / frobenius;
          expect(Math.abs(record.values[k]! - exact), `${where} q=${q}`).toBeLessThan(tolerance);
        }
      }
    }
    expect([...formats]).toEqual(
      expect.arrayContaining(['torch', 'torch-distributed', 'deepspeed-zero', 'safetensors', 'npz']),
    );
    expect([...layouts].sort()).toEqual(
      expect.arrayContaining([
        'torch.optim.Muon',
        'DeepSpeed',
        'KellerJordan/Muon',
        'Moonlight',
        'microsoft/dion',
        'nanochat',
        'optax.contrib.muon',
      ]),
    );
  }, 120_000);
});
