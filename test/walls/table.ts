/**
 * The walls of the house as data: who may import whom, and who may touch the world.
 * ARCHITECTURE.md shows the same table in words; importWalls.test.ts compares them.
 */

/** A folder of src/ and what it may import besides itself. */
export interface FolderRule {
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Whether it may import every noun; types of nouns that stand earlier in the line may be imported anywhere. */
  readonly nouns: boolean;
  /** Whether its files may touch files, network, clock, chance and console. */
  readonly world: boolean;
}

/** Files that declare the nouns: types and constant lists, importing nothing but types of other nouns. */
export const NOUN_FILES: readonly string[] = [
  'src/linalg/matrix.ts',
  'src/newtonSchulz/schedule.ts',
  'src/train/config.ts',
  'src/sources/momentumSample.ts',
  'src/sources/text/corpusDescription.ts',
  'src/sources/bytes/byteSource.ts',
  'src/sources/checkpoints/checkpoint.ts',
  'src/sources/momentum/momentumMatrix.ts',
  'src/spectra/spectrum.ts',
  'src/spectra/randomSpectra.ts',
  'src/spectra/scannedMomentum.ts',
  'src/stability/plateau.ts',
  'src/scaling/law.ts',
  'src/planner/plan.ts',
  'src/planner/audit.ts',
  'src/dynamics/experiment.ts',
  'src/dynamics/sensingRecord.ts',
  'src/dynamics/trainingRecord.ts',
  'src/store/study.ts',
];

const STAGES = ['base', 'linalg', 'newtonSchulz', 'graph', 'train', 'sources', 'spectra', 'stability', 'scaling'];

/** Left to right down the line; a folder imports only what stands before it. */
export const FOLDER_RULES: readonly FolderRule[] = [
  pure('base', []),
  pure('linalg', ['base']),
  pure('newtonSchulz', ['base', 'linalg']),
  pure('graph', ['base']),
  pure('train', ['base', 'linalg', 'graph', 'newtonSchulz']),
  pure('sources', ['base', 'linalg', 'train']),
  withNouns('spectra', ['base', 'linalg']),
  pure('stability', ['base', 'spectra']),
  pure('scaling', ['base', 'spectra', 'stability']),
  pure('planner', ['base', 'newtonSchulz', 'scaling']),
  pure('dynamics', ['base', 'linalg', 'graph', 'train', 'spectra', 'newtonSchulz']),
  withNouns('report', ['base']),
  { ...withNouns('store', ['base']), world: true },
  { ...withNouns('workflows', [...STAGES, 'planner', 'dynamics', 'report', 'store']), world: true },
  { ...withNouns('server', ['base', 'workflows', 'report']), world: true },
  { ...withNouns('cli', ['base', 'workflows', 'report', 'server']), world: true },
];

/** Files directly in src/: the public entries. index.ts runs in a browser, so it offers nothing that needs files. */
export const ENTRY_RULES: Readonly<Record<string, readonly string[]>> = {
  'src/index.ts': [...STAGES, 'planner', 'dynamics', 'report'],
  'src/node.ts': [...STAGES, 'planner', 'dynamics', 'report', 'store', 'workflows', 'server'],
};

/** The places in an otherwise pure folder that read bytes. */
export const WORLD_PREFIXES: readonly string[] = ['src/sources/text', 'src/sources/bytes'];

/** Single accesses allowed elsewhere. An exception nobody uses any more fails the test. */
export const WORLD_EXCEPTIONS: readonly { readonly file: string; readonly access: string; readonly reason: string }[] =
  [
    {
      file: 'src/sources/checkpoints/inflatedSource.ts',
      access: 'node:zlib',
      reason: 'only computes: expands and sums up in a third of the time of what browsers have',
    },
    {
      file: 'src/sources/checkpoints/inflatedSource.ts',
      access: 'node:stream',
      reason: 'brings bytes to the decompressor as fast as it takes them',
    },
    {
      file: 'src/linalg/worker.ts',
      access: 'process',
      reason: "finds Node's worker threads; absent in a browser",
    },
    {
      file: 'src/linalg/workerThread.ts',
      access: 'process',
      reason: "finds Node's worker threads; absent in a browser",
    },
  ];

/** Packages that do not run in a browser: nothing that src/index.ts loads may import them, except dynamically. */
export const NODE_PACKAGES: readonly string[] = ['onnxruntime-node', '@duckdb/node-api'];

/** Names that say nothing about what is inside. */
export const EMPTY_NAMES: readonly string[] = ['util', 'utils', 'common', 'helper', 'helpers', 'types', 'misc'];

function pure(folder: string, mayImport: readonly string[]): FolderRule {
  return { folder, mayImport, nouns: false, world: false };
}

function withNouns(folder: string, mayImport: readonly string[]): FolderRule {
  return { folder, mayImport, nouns: true, world: false };
}
