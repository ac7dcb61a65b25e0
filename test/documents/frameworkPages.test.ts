/**
 * The pages of docs/frameworks, done as they say: their Python, as it stands there, in the framework where it can be installed
 * and in a stand-in of the same state where not (frameworks/worlds.py), then their commands on what it wrote.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { planSchema } from '../../src/store/documentSchemas.ts';
import { BINARY, muonscope } from '../cli/muonscope.ts';
import { linesOf } from '../integrations/pytorch/recorderRuns.ts';
import { pythonsByVersion } from '../python.ts';
import { megatronFolders, namedMomentumFolder, shardedFolders, zeroFolders } from './frameworks/writtenFolders.ts';
import { type CodeBlock, codeBlocks } from './markdown.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const runner = fileURLToPath(new URL('./frameworks/runPage.py', import.meta.url));
const MINUTES = { timeout: 300_000 };
const TORCH = '__import__("numpy") and __import__("torch").__version__';
const OPTAX = '__import__("jax") and __import__("optax").__version__';

interface Page {
  /** What its Python needs, as an expression that gives a version. */
  readonly needs: string;
  readonly install: string;
  /** Writes what its Python reads. */
  readonly prepares?: (folder: string) => void;
  /** Writes what the framework itself writes, where the page's Python does not, or cannot. @returns names that are found there alone */
  readonly writes?: (folder: string, isRun: boolean) => readonly string[];
  /** Whether the framework saves what the commands read, without a line of the page. */
  readonly savesItself?: boolean;
  /** Why its Python is compiled and not run, in a version of what it needs; null where it is run. */
  readonly compiledOnly?: (version: string) => string | null;
}

const torchPage = { needs: TORCH, install: 'PyTorch with NumPy: apt-get install python3-numpy python3-torch' };

const PAGES: Readonly<Record<string, Page>> = {
  'frameworks/deepspeed.md': {
    ...torchPage,
    compiledOnly: () => 'DeepSpeed compiles for the device it finds, and is too large to be installed for this',
    writes: (folder) => zeroFolders(folder, [1000, 2000]),
  },
  'frameworks/dion.md': {
    ...torchPage,
    writes: (folder) =>
      ['checkpoints/step1000', 'checkpoints/step2000', 'runs/peri/step1000/model_and_optim'].flatMap((path) =>
        namedMomentumFolder(join(folder, path)),
      ),
  },
  'frameworks/fsdp2.md': {
    ...torchPage,
    compiledOnly: (version) => (hasMuonOnShards(version) ? null : 'torch.optim.Muon on shards takes torch 2.9'),
    writes: (folder, isRun) => (isRun ? [] : shardedFolders(folder, [1000, 2000])),
  },
  'frameworks/kellerJordan.md': torchPage,
  'frameworks/megatron.md': { ...torchPage, writes: (folder) => megatronFolders(folder, [1000, 2000]) },
  'frameworks/mlx.md': torchPage,
  'frameworks/moddedNanogpt.md': torchPage,
  'frameworks/moonlight.md': torchPage,
  'frameworks/nanochat.md': { ...torchPage, savesItself: true },
  'frameworks/optax.md': { needs: OPTAX, install: 'optax: pip install jax optax' },
  'frameworks/torch.md': torchPage,
  'recorder.md': torchPage,
  '../integrations/pytorch/README.md': { ...torchPage, prepares: planForTwoLayers },
};

const pythons = new Map([TORCH, OPTAX].map((needs) => [needs, [...pythonsByVersion(needs)]]));

const blocksOf = (page: string, language: string): readonly CodeBlock[] =>
  codeBlocks(readFileSync(docs + page, 'utf8')).filter((block) => block.language === language);

test('every page of a framework is here', () => {
  const pages = readdirSync(`${docs}frameworks`).map((name) => `frameworks/${name}`);
  expect(Object.keys(PAGES).filter((page) => page.startsWith('frameworks/'))).toEqual(pages.sort());
});

describe.each(Object.entries(PAGES))(
  'docs/%s',
  (page, { needs, install, prepares, writes, savesItself, compiledOnly }) => {
    const found = pythons.get(needs) ?? [];
    if (found.length === 0) test.skip(install);

    describe.each(found)('with version %s', (version, python) => {
      const folder = mkdtempSync(join(tmpdir(), 'muonscope-page-'));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));

      const reason = compiledOnly?.(version) ?? null;
      const title = reason
        ? `its Python compiles; it is not run: ${reason}; its commands find the momentum in folders of that layout`
        : 'its Python runs, and its commands find every hidden matrix in what it wrote';
      test(title, MINUTES, () => {
        prepares?.(folder);
        const blocks = blocksOf(page, 'python');
        const matrices = reason ? compileAll(python, page, blocks) : runAll(python, page, blocks, folder);
        const alone = writes?.(folder, reason === null) ?? [];
        const left = reason ? /^(pip install|muonscope ingest)/ : /^pip install/;
        const commands = blocksOf(page, 'sh').filter(({ text }) => !left.test(text));
        for (const { text, line } of commands) {
          const { status, stderr, stdout } = shell(folder, text);
          expect(status, `${page}:${line}\n${text}\n${stderr}${stdout}`).toBe(0);
        }
        const recording = reason ? [] : blocks.filter(isRecorder);
        const others = blocks.filter((block) => !isRecorder(block));
        if (recording.length > 0) expect(recordedIn(folder)).toEqual(sorted(matrices));
        if (commands.length === 0) return;
        const { scanned, ingested } = measuredIn(folder);
        expect(scanned).toEqual(sorted([...(others.length > 0 || savesItself ? matrices : []), ...alone]));
        expect(ingested).toEqual(recording.length > 0 ? sorted(matrices) : []);
      });
    });
  },
);

const isRecorder = ({ text }: CodeBlock): boolean => text.includes('Recorder(');
const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();

function hasMuonOnShards(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}

/** plan.json: of a plan for twelve layers the first two, as many as the model has. */
function planForTwoLayers(folder: string): void {
  const wanted = ['--params', '124M', '--precision', 'bf16', '--schedules', 'jordan', '--json'];
  const plan = planSchema.parse(JSON.parse(muonscope(folder, 'plan', ...wanted).stdout));
  const layers = plan.layers.filter(({ layer = 0 }) => layer < 2);
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...plan, layers }));
}

/** Compiles the blocks, no more. */
function compileAll(python: string, page: string, blocks: readonly CodeBlock[]): readonly string[] {
  for (const { text } of blocks)
    execFileSync(python, ['-c', 'import sys; compile(sys.stdin.read(), sys.argv[1], "exec")', page], { input: text });
  return [];
}

/** Runs the blocks. @returns names of the hidden matrices */
function runAll(python: string, page: string, blocks: readonly CodeBlock[], folder: string): readonly string[] {
  const file = join(folder, 'blocks.json');
  writeFileSync(file, JSON.stringify(blocks.map(({ line, text }) => ({ line, text }))));
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' };
  const output = execFileSync(python, [runner, page, file], { cwd: folder, encoding: 'utf8', env, timeout: 240_000 });
  const { ran, matrices } = JSON.parse(output) as { ran: readonly number[]; matrices: readonly string[] };
  expect(ran).toEqual(blocks.map(({ line }) => line));
  return matrices;
}

/** Runs a block of commands with `muonscope` in the path. */
function shell(folder: string, text: string): ReturnType<typeof spawnSync> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'muonscope'), `#!/bin/sh\nexec "${process.execPath}" "${BINARY}" "$@"\n`);
  chmodSync(join(bin, 'muonscope'), 0o755);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, HOME: folder };
  return spawnSync('sh', ['-e', '-c', text], { cwd: folder, encoding: 'utf8', env, timeout: 120_000 });
}

/** Names of the matrices in the study `my-study`, from checkpoints and from the recorder, whose run has the folder's name. */
function measuredIn(folder: string): { readonly scanned: readonly string[]; readonly ingested: readonly string[] } {
  const runs = join(folder, 'my-study', 'runs');
  const lines = readdirSync(runs).flatMap((run) => linesOf(join(runs, run, 'spectra.jsonl')));
  const namesWhere = (isRecorders: boolean): readonly string[] =>
    sorted(lines.filter(({ run }) => (run === basename(folder)) === isRecorders).map(({ name }) => name));
  return { scanned: namesWhere(false), ingested: namesWhere(true) };
}

/** Names of the matrices in the recorder's files. */
function recordedIn(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => /^spectra.*\.jsonl$/.test(file));
  return sorted(files.flatMap((file) => linesOf(join(folder, file)).map(({ name }) => name)));
}
