import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { planFromLaws } from '../../src/planner/planFromLaws.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import type { MuonSettings } from '../../src/sources/momentum/momentumMatrix.ts';
import { auditSchema } from '../../src/store/scanSchemas.ts';
import { type AuditRequest, auditMomentum } from '../../src/workflows/audit.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { type MemoryMatrix, memoryMomentum } from './memoryMomentum.ts';

const NEVER = new AbortController().signal;

async function audit(matrices: readonly MemoryMatrix[], request: AuditRequest = {}, found = {}) {
  const result = await auditMomentum(memoryMomentum('a.pt', matrices, found), request, () => {}, NEVER);
  return auditSchema.parse(result);
}

const DEGENERATE: MemoryMatrix = {
  layer: 1,
  edit: (data) => {
    for (let i = 0; i < data.length; i++) data[i] = i % 65 === 0 ? 1 : 1e-6 * data[i]!;
    data[0] = 1e3;
  },
};

describe('an audit', () => {
  it('lists the worst matrix first and passes where nothing is asked', async () => {
    const result = await audit([{ layer: 0 }, DEGENERATE, { layer: 2 }]);
    expect(result.matrices.map(({ layer }) => layer)[0]).toBe(1);
    expect(result.worst).toBe(result.matrices[0]?.kept);
    expect(result).toMatchObject({ schema: 'muonscope.audit/1', checkpoint: 'a.pt', passed: true, failUnder: null });
    expect(result.matrices[1]?.kept).toBeGreaterThan(0.9);
  });

  it('fails where a matrix keeps less than is asked for', async () => {
    expect(await audit([{ layer: 0 }, DEGENERATE], { failUnder: 0.9 })).toMatchObject({ passed: false });
    expect(await audit([{ layer: 0 }], { failUnder: 0.9 })).toMatchObject({ passed: true });
  });

  it('names what Muon does not update, which fails any threshold', async () => {
    const zero = { layer: 3, edit: (data: Float32Array) => void data.fill(0) };
    const nan = { layer: 2, edit: (data: Float32Array) => void data.fill(Number.NaN, 0, 1) };
    const result = await audit([{ layer: 0 }, zero, nan], { failUnder: 0.1 });
    expect(result.findings.map(({ name, kind }) => `${name}: ${kind}`).sort()).toEqual([
      'layers.2.attn.q: not finite',
      'layers.3.attn.q: zero',
    ]);
    expect(result).toMatchObject({ worst: 0, passed: false });
    expect(result.matrices).toHaveLength(1);
  });

  it('lists findings of one severity in the order of the checkpoint, whichever was done first', async () => {
    const zero = { edit: (data: Float32Array) => void data.fill(0) };
    const slow: MemoryMatrix = { ...zero, layer: 0, shape: [512, 512] };
    const result = await audit([slow, ...[1, 2, 3].map((layer): MemoryMatrix => ({ ...zero, layer, shape: [8, 8] }))]);
    expect(result?.findings.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((layer) => `layers.${layer}.attn.q`));
  });

  it('judges by Jordan x5 in bf16 and says so where nothing tells', async () => {
    const result = await audit([{ layer: 0 }]);
    expect(result.matrices[0]).toMatchObject({ origin: 'default', schedule: { name: 'jordan x5', precision: 'bf16' } });
    expect(result.notes).toEqual([
      'nothing says which Newton-Schulz every matrix runs: judged by jordan x5 in bf16, the usual one; give --schedule or --plan',
      'judged by the momentum buffer; what Newton-Schulz receives is its Nesterov blend with the gradient, which checkpoints seldom hold',
    ]);
  });

  it("judges by the checkpoint's own groups where they say which NS runs", async () => {
    const settings: MuonSettings = {
      layout: 'torch.optim.Muon',
      group: 0,
      learningRate: 0.02,
      momentum: 0.95,
      nesterov: true,
      schedule: { ...scheduleOf('textbook', 3), precision: 'bf16' },
      stated: ['steps', 'coefficients'],
    };
    const open = memoryMomentum('a.pt', [{ layer: 0 }], { settings: [settings] });
    const opened = async () => {
      const { found, ...rest } = await open();
      return { ...rest, found: { ...found, matrices: found.matrices.map((matrix) => ({ ...matrix, settings: 0 })) } };
    };
    const result = await auditMomentum(opened, {}, () => {}, NEVER);
    expect(result?.matrices[0]).toMatchObject({ origin: 'checkpoint', schedule: { name: 'textbook x3' } });
    expect(result?.matrices[0]?.kept).toBeLessThan(0.9);
  });

  it('judges by a flag or by a plan, but not by both', async () => {
    const flagged = await audit([{ layer: 0 }], { schedule: 'polar-express:6', precision: 'float32' });
    expect(flagged.matrices[0]).toMatchObject({
      origin: 'flag',
      schedule: { name: 'polar-express x6', precision: 'float32' },
    });
    const plan = planFromLaws(publishedLaws(), { params: 3e11 });
    const file = join(temporaryFolder(), 'plan.json');
    writeFileSync(file, JSON.stringify(plan));
    const planned = await audit(
      [
        { role: 'attn.o', layer: 3 },
        { role: 'other', layer: 0 },
      ],
      { plan: file },
    );
    const row = plan.layers.find(({ role, depth }) => role === 'attn.o' && depth === 1);
    expect(planned.matrices.find(({ role }) => role === 'attn.o')).toMatchObject({
      origin: 'plan',
      schedule: { name: row?.schedule.name },
    });
    expect(planned.matrices.find(({ role }) => role === 'other')?.origin).toBe('default');
    await expect(audit([{}], { plan: file, schedule: 'jordan' })).rejects.toThrow('give one of them');
    await expect(audit([{}], { schedule: 'nosuch' })).rejects.toThrow('"nosuch" is not known');
  });

  it('of a checkpoint without a matrix to judge has no worst one, and reaches no threshold', async () => {
    expect(await audit([], { failUnder: 0.5 })).toMatchObject({ worst: null, passed: false, matrices: [] });
  });

  it('stopped in the middle gives nothing', async () => {
    const stop = new AbortController();
    const open = memoryMomentum('a.pt', [{ layer: 0 }, { layer: 1 }, { layer: 2 }]);
    expect(await auditMomentum(open, { workers: 1 }, () => stop.abort(), stop.signal)).toBeNull();
  });
});
