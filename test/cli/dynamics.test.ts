/** The command as it is installed: needs `npm run build`. */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { dynamicsSchema } from '../../src/store/dynamicsSchema.ts';
import { runDynamics } from '../../src/workflows/dynamics.ts';
import { folderWithText, muonscope, startMuonscope, TINY } from './muonscope.ts';

// The command takes the fused kernels; so do the sources in Node 20 when told.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

describe('muonscope dynamics', () => {
  test('prints one document, quietly, whose figures are files, and gathers experiments on one page', () => {
    const folder = folderWithText();
    const { exitCode, stdout, stderr } = muonscope(
      folder,
      ...'dynamics entropy --preset smoke --out out --json'.split(' '),
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    const document = dynamicsSchema.parse(JSON.parse(stdout));
    expect(document.claims.every(({ holds }) => holds)).toBe(true);
    expect(document.figures.length).toBeGreaterThan(0);
    for (const figure of document.figures) expect(readFileSync(join(folder, figure), 'utf8')).toContain('<svg');
    muonscope(folder, ...'dynamics regression --preset smoke --out out --json'.split(' '));
    const page = readFileSync(join(folder, 'out', 'dynamics.html'), 'utf8');
    for (const id of ['dynamics-entropy', 'dynamics-regression']) expect(page).toContain(`<section id="${id}"`);
  });

  test('tells people what holds, and where the page is', () => {
    const folder = folderWithText();
    const { exitCode, stdout } = muonscope(folder, ...'dynamics regression --preset smoke'.split(' '));
    expect(exitCode).toBe(0);
    for (const text of ['moves at unit speed', 'holds:', 'error / step', 'dynamics/dynamics.html'])
      expect(stdout).toContain(text);
    expect(existsSync(join(folder, 'dynamics', 'dynamics.html'))).toBe(true);
  });

  test('trains on the text given, and a sweep goes on after Ctrl-C with the same numbers', async () => {
    const folder = folderWithText();
    const sweep = (out: string): string[] => `dynamics gpt --preset smoke --text text.txt --out ${out}`.split(' ');
    const whole = muonscope(folder, ...sweep('whole'), '--json');
    expect(whole.exitCode).toBe(0);

    const child = startMuonscope(folder, ...sweep('cut'));
    const closed = once(child, 'close');
    const records = (): number =>
      existsSync(join(folder, 'cut', 'dynamics'))
        ? readdirSync(join(folder, 'cut', 'dynamics'))
            .filter((name) => name.endsWith('.jsonl'))
            .reduce(
              (sum, name) => sum + readFileSync(join(folder, 'cut', 'dynamics', name), 'utf8').split('\n').length - 1,
              0,
            )
        : 0;
    const watch = setInterval(() => {
      if (records() < 3) return;
      clearInterval(watch);
      child.kill('SIGINT');
    }, 5);
    const [exitCode] = await closed;
    clearInterval(watch);
    expect(exitCode).toBe(130);
    expect(records()).toBeLessThan(18);

    const refused = muonscope(folder, ...sweep('cut'));
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('go on with --resume or give another --out');

    const resumed = muonscope(folder, ...sweep('cut'), '--resume', '--json');
    expect(resumed.exitCode).toBe(0);
    const { figures: _, ...found } = JSON.parse(resumed.stdout);
    const { figures: __, ...expected } = JSON.parse(whole.stdout);
    expect(found).toEqual(expected);
  }, 60_000);

  test('runs in threads give the numbers of one thread, which is what the sources have', async () => {
    const folder = folderWithText();
    const command = 'dynamics gpt --preset smoke --text text.txt --out threads --json'.split(' ');
    const threads = JSON.parse(muonscope(folder, ...command).stdout);
    const request = { experiment: 'gpt', size: 'smoke', seed: 1, resume: false, engine: 'cpu', images: [] } as const;
    const paths = { text: [join(folder, 'text.txt')], out: join(folder, 'one') };
    const one = await runDynamics({ ...request, ...paths }, {}, () => {}, new AbortController().signal);
    const alone = JSON.parse(JSON.stringify(one?.document));
    expect([threads.claims, threads.tables]).toEqual([alone.claims, alone.tables]);
  }, 60_000);

  test('an experiment of one piece ends at once at Ctrl-C', async () => {
    const shape = '--measurements 400 --unknowns 500 --outputs 500';
    const child = startMuonscope(folderWithText(), ...`dynamics regression ${shape}`.split(' '));
    const closed = once(child, 'close');
    setTimeout(() => child.kill('SIGINT'), 1500);
    expect(await closed).toEqual([null, 'SIGINT']);
  });

  test('adds a section to the report of a study', () => {
    const folder = folderWithText();
    expect(muonscope(folder, 'study', ...TINY, '--out', 'out').exitCode).toBe(0);
    const { exitCode, stdout } = muonscope(folder, ...'dynamics entropy --preset smoke --out out'.split(' '));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('out/report.html');
    const report = readFileSync(join(folder, 'out', 'report.html'), 'utf8');
    expect(report).toContain('<section id="dynamics-entropy"');
    expect(report).toContain('<a href="#dynamics-entropy">');
    expect(existsSync(join(folder, 'out', 'dynamics.html'))).toBe(false);
  });

  test.each([
    ['entropy --preset huge', '--preset: unknown value "huge"; there are smoke, quick, full'],
    ['regression --measurements 64 --unknowns 64', 'got 64 measurements of 64 unknowns; give fewer measurements'],
    ['regression --outputs 1', '--outputs: expected an integer of at least 2, got "1"'],
    ['gpt --text missing', '--text'],
    ['vit --images missing.bin', '--images: there is no file missing.bin; check the path'],
    ['vit --images .', '--images: . is no file; name the files in it'],
    ['regression --unknowns 1e9', 'regression: unknowns must be an integer from 2 to 512, got 1000000000'],
    ['sensing --resume --preset smoke', 'dynamics holds no sweep of this experiment, preset and seed to go on with'],
    ['vit --images text.txt', 'text.txt is neither a CIFAR-10 binary file nor an idx file'],
    ['vit --images labels.idx', 'idx files come as two, images and labels; got 1 (labels.idx)'],
    ['vit --images few.bin --preset smoke', 'expected at least 512 images, half of them to train on, got 2'],
    ['entropy --out text.txt/x', 'a file stands where a folder is needed'],
    ['polar', "unknown command 'polar'"],
  ])('%s is refused in one sentence with exit code 2', (args, message) => {
    const folder = folderWithText();
    writeFileSync(join(folder, 'labels.idx'), Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 7]));
    writeFileSync(join(folder, 'few.bin'), new Uint8Array(2 * 3073));
    const { exitCode, stdout, stderr } = muonscope(folder, 'dynamics', ...args.split(' '));
    expect(stderr).toContain(message);
    expect([exitCode, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
  });
});
