import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { auditSchema, scanListSchema, scanSchema } from '../../src/store/scanSchemas.ts';
import { makeNpy, makeNpz, makeSafetensors, npyHeader } from '../sources/checkpoints/madeFiles.ts';
import { makeZip } from '../sources/checkpoints/madeZip.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { type Ended, muonscope } from './muonscope.ts';

const MOONLIGHT = fileURLToPath(new URL('../../fixtures/layouts/moonlight/step_3.pt', import.meta.url));
const RANKS = [0, 1].map((rank) =>
  fileURLToPath(new URL(`../../fixtures/layouts/kellerJordan/optim_000003_rank${rank}.pt`, import.meta.url)),
);

/** Exit code 2, nothing on stdout, one sentence on stderr. */
function expectRefused({ exitCode, stdout, stderr }: Ended, sentence: string): void {
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/^muonscope: [^\n]+\n$/);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
}

describe('scan', () => {
  it('prints a line a matrix, what was left out on stderr, and no progress where there is no terminal', () => {
    const { exitCode, stdout, stderr } = muonscope('.', 'scan', MOONLIGHT);
    const lines = stdout.split('\n');
    expect(lines[0]).toContain('torch, Moonlight, step 3; momentum buffer of');
    expect(lines[2]).toMatch(/^matrix +shape +q0\.1 +q0\.5 +q0\.9 +smallest +stable +largest$/);
    expect(lines.filter((line) => /^layers\.\d/.test(line)).length).toBeGreaterThan(6);
    expect(stderr).toContain('left out: ');
    expect(stderr).not.toMatch(/[\r█]/);
    expect(exitCode).toBe(0);
  });

  it('--json prints one document as its schema says, of the files of all ranks together', () => {
    const { exitCode, stdout } = muonscope('.', 'scan', ...RANKS, '--json');
    const scanned = scanSchema.parse(JSON.parse(stdout));
    expect(scanned).toMatchObject({ format: 'torch', checkpoint: RANKS[0], checkpoints: [{ step: 3 }] });
    expect(new Set(scanned.matrices.map(({ name }) => name)).size).toBe(scanned.matrices.length);
    expect(exitCode).toBe(0);
  });

  it('--list names the matrices and measures nothing', () => {
    const listed = scanListSchema.parse(JSON.parse(muonscope('.', 'scan', MOONLIGHT, '--list', '--json').stdout));
    const scanned = scanSchema.parse(JSON.parse(muonscope('.', 'scan', MOONLIGHT, '--json').stdout));
    expect(listed.checkpoints[0]?.matrices.map(({ name }) => name)).toEqual(scanned.matrices.map(({ name }) => name));
    expect(muonscope('.', 'scan', MOONLIGHT, '--list').stdout).toMatch(/matrix +role +layer +depth +shape +type/);
  });

  it('--role, --depth and --sample choose', () => {
    const names = (...flags: string[]): string[] =>
      scanSchema
        .parse(JSON.parse(muonscope('.', 'scan', MOONLIGHT, '--json', ...flags).stdout))
        .matrices.map(({ role, layer }) => `${role} ${layer}`);
    expect(new Set(names('--role', 'mlp', '--depth', '1'))).toEqual(new Set(['mlp.up 1', 'mlp.down 1']));
    expect(names('--sample', '3')).toHaveLength(3);
    expectRefused(
      muonscope('.', 'scan', MOONLIGHT, '--role', 'nosuch'),
      '--role: no matrix has role "nosuch"; there are',
    );
  });

  it('--stage nesterov is refused where no gradients are kept', () => {
    const ended = muonscope('.', 'scan', MOONLIGHT, '--stage', 'nesterov', '--json');
    expectRefused(ended, '--stage nesterov: expected gradients beside the momentum');
  });
});

describe('audit', () => {
  it('prints the worst first and exits with 1 past --fail-under', () => {
    const passed = muonscope('.', 'audit', MOONLIGHT, '--json');
    const audit = auditSchema.parse(JSON.parse(passed.stdout));
    const kept = audit.matrices.map((matrix) => matrix.kept);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(passed.exitCode).toBe(0);
    const failed = muonscope('.', 'audit', MOONLIGHT, '--schedule', 'textbook:2', '--fail-under', '0.99');
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain('Newton-Schulz: textbook x2 bf16, as asked for');
    expect(failed.stdout).toContain('Failed: 0.99 were asked for');
  });

  it('takes one checkpoint at a time', () => {
    expectRefused(muonscope('.', 'audit', MOONLIGHT, RANKS[0]!), 'audit: expected one checkpoint, got 2');
    expectRefused(muonscope('.', 'audit', MOONLIGHT, '--fail-under', '2'), '--fail-under: expected a number above 0');
  });
});

/** A file of torch.save whose pickle is given. */
function torchFileOf(pickle: string | Uint8Array): Uint8Array {
  const data = typeof pickle === 'string' ? Buffer.from(pickle, 'latin1') : pickle;
  return makeZip([
    { name: 'archive/data.pkl', data },
    { name: 'archive/byteorder', data: Buffer.from('little') },
    { name: 'archive/version', data: Buffer.from('3\n') },
  ]);
}

describe('bad input', () => {
  it('a pickle that names os.system is refused by name, and nothing runs', () => {
    const folder = temporaryFolder();
    const ran = join(folder, 'ran');
    const evil = `\x80\x02cposix\nsystem\nq\x00X${String.fromCharCode(`touch ${ran}`.length)}\0\0\0touch ${ran}q\x01\x85q\x02Rq\x03.`;
    writeFileSync(join(folder, 'evil.pt'), torchFileOf(evil));
    for (const command of ['scan', 'audit']) expectRefused(muonscope(folder, command, 'evil.pt'), 'posix.system');
    expect(existsSync(ran)).toBe(false);
  });

  it('a truncated file, other bytes, an empty file and no file are refused', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'cut.pt'), readFileSync(MOONLIGHT));
    truncateSync(join(folder, 'cut.pt'), 5000);
    writeFileSync(join(folder, 'noise.pt'), 'just text');
    writeFileSync(join(folder, 'empty.pt'), '');
    expectRefused(muonscope(folder, 'scan', 'cut.pt'), 'cut.pt');
    expectRefused(muonscope(folder, 'scan', 'noise.pt'), 'noise.pt: expected a checkpoint, got bytes that begin with');
    expectRefused(muonscope(folder, 'scan', 'empty.pt'), 'got an empty file');
    expectRefused(muonscope(folder, 'scan', 'missing.pt'), 'missing.pt: expected a file or folder, found none');
  });

  it('a zip bomb is refused before it is unpacked', () => {
    const folder = temporaryFolder();
    const claimed = 4 * 60_000 ** 2;
    const npy = makeNpy(npyHeader('(60000, 60000)'), 1_000_000);
    writeFileSync(
      join(folder, 'bomb.npz'),
      makeNpz({ 'mu.layers.0.kernel': npy }, { deflate: true, byteLength: claimed }),
    );
    const started = performance.now();
    expectRefused(muonscope(folder, 'scan', 'bomb.npz'), 'bomb.npz');
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('NaN entries are reported, the scan goes on, and exits with 0; an audit calls it an error', () => {
    const folder = temporaryFolder();
    const size = 64;
    const bytes = 4 * size * size;
    const names = ['layers.0.mlp.up', 'layers.1.mlp.up', '\u001b[31mlayers.2.mlp.up'];
    const header = Object.fromEntries(
      names.map((name, i) => [
        `optimizer.state.${name}.weight.momentum_buffer`,
        { dtype: 'F32', shape: [size, size], data_offsets: [i * bytes, (i + 1) * bytes] },
      ]),
    );
    const file = Buffer.from(makeSafetensors(header, names.length * bytes));
    const data = file.length - names.length * bytes;
    for (let k = 0; k < names.length * size * size; k++) file.writeFloatLE(Math.sin(k * k), data + 4 * k);
    file.writeFloatLE(Number.NaN, data + 4 * 7);
    writeFileSync(join(folder, 'nan.safetensors'), file);
    const { exitCode, stdout, stderr } = muonscope(folder, 'scan', 'nan.safetensors', '--json');
    const scanned = scanSchema.parse(JSON.parse(stdout));
    expect(scanned.matrices).toHaveLength(2);
    expect(scanned.skipped).toMatchObject([
      { cause: 'not finite', reason: 'entry (0, 7) is NaN; every entry must be finite' },
    ]);
    expect(stderr).toContain('entry (0, 7) is NaN');
    expect(exitCode).toBe(0);
    const shown = muonscope(folder, 'scan', 'nan.safetensors');
    expect(shown.stdout + shown.stderr).not.toContain('\u001b');
    expect(shown.stdout).toContain('\\u{1b}');
    const audit = muonscope(folder, 'audit', 'nan.safetensors', '--fail-under', '0.01');
    expect(audit.stdout).toContain('error: not finite: ');
    expect(audit.exitCode).toBe(1);
  });

  it('a folder of several checkpoints is no checkpoint', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'both'));
    for (const name of ['a.pt', 'b.pt']) writeFileSync(join(folder, 'both', name), readFileSync(MOONLIGHT));
    expectRefused(
      muonscope(folder, 'scan', 'both'),
      'expected the folder of one checkpoint, found a.pt (torch), b.pt (torch)',
    );
  });
});
