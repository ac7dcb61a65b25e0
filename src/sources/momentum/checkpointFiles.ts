/** What the names of checkpoint files say: which step they are of, and which of them are pieces of one checkpoint. */

/** Files that are opened together. */
export interface CheckpointGroup {
  /** Optimizer steps done, where the names tell. */
  readonly step: number | null;
  /** Pieces in the order of their ranks, or one checkpoint. */
  readonly paths: readonly string[];
  /** The model's own file of the same step, where it is among the paths: it has the names. */
  readonly model: string | null;
}

/**
 * Numbers that are a step: nanochat's optim_000123_rank0.pt, Hugging Face's checkpoint-123, Megatron's iter_0000123,
 * OLMo-core's step123, DeepSpeed's global_step123, modded-nanogpt's state_step000123.pt.
 */
const STEP: RegExp =
  /(?:^|[^a-z])(?:(?:steps?|iter(?:ation)?s?|checkpoint|ckpt)[_=-]?|(?:optim(?:izer)?|model)[_-])(\d{1,15})(?![\da-z]|\.\d|-of-)/i;
const RANK: RegExp = /(?:^|[^a-z])(?:dp_)?(?:zero_pp_|mp_)?rank[_-]?(\d{1,9})/gi;
/** The file's own name and the folders above it: "checkpoint-500/optimizer/state.pt". */
const NAMES_LOOKED_AT = 3;

/** A folder a rank: mp_rank_00, mp_rank_00_001. */
const MEGATRON_FOLDER = /^mp_rank_\d+(?:_\d+)*$/;
/** Names of files that hold weights and no optimizer. */
const MODEL_FILE = /^(?:model|pytorch_model|consolidated)(?:[_.-]|$)/i;

/**
 * @param path a file, folder or URL
 * @returns the step its name tells, or the name of a folder close above it, the nearest first; null if none does
 */
export function stepOfPath(path: string): number | null {
  const found = partsOf(path)
    .slice(-NAMES_LOOKED_AT)
    .reverse()
    .map((part) => STEP.exec(part)?.[1])
    .find((step) => step !== undefined);
  return found === undefined ? null : Number(found);
}

/** The number of the rank whose piece a file is, by its name; the data-parallel one where there are two. */
export function rankOfPath(path: string): number | null {
  const [first] = [...rankedPart(path).matchAll(RANK)];
  return first?.[1] === undefined ? null : Number(first[1]);
}

/**
 * Files that differ in nothing but the rank are one checkpoint; a model's file joins the optimizer of its folder and step.
 *
 * @returns ordered by step, those without one first, then by name
 */
export function groupCheckpoints(paths: readonly string[]): readonly CheckpointGroup[] {
  const groups = new Map<string, string[]>();
  for (const path of new Set(paths)) {
    const key = withoutRank(path);
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const all = [...groups.values()].map((members) => [...members].sort(byRank));
  const models = all.flatMap((members) => (members.length === 1 && isModelFile(members[0]) ? members : []));
  const optimizers = all.filter((members) => !isModelFile(members[0]));
  const modelOf = new Map(optimizers.map((members) => [members, models.find((model) => isBeside(model, members[0]))]));
  const joined = new Set(modelOf.values());
  return [...optimizers, ...all.filter((members) => isModelFile(members[0]) && !joined.has(members[0]))]
    .map((members) => ({
      step: stepOfPath(members[0] ?? ''),
      paths: members,
      model: modelOf.get(members) ?? null,
    }))
    .sort((a, b) => (a.step ?? -1) - (b.step ?? -1) || byName(a.paths[0] ?? '', b.paths[0] ?? ''));
}

/** The files of a folder as Hugging Face's Trainer and Accelerate write it that hold momentum and its names. */
export interface TrainerFiles {
  /** One for each optimizer of the training. */
  readonly optimizers: readonly string[];
  /** The model's weights, or the index of their shards. */
  readonly model: string | null;
}

const TRAINER_OPTIMIZER = /^optimizer(?:_\d+)?\.(?:pt|bin)$/;
/** The surest first. */
const TRAINER_MODELS: readonly string[] = ['model.safetensors.index.json', 'model.safetensors', 'pytorch_model.bin'];
const BESIDE_OPTIMIZER =
  /^(?:trainer_state\.json|scheduler(?:_\d+)?\.(?:pt|bin)|rng_state\w*\.pth|random_states_\d+\.pkl)$/;

/** @param names of the files in a folder @returns null if it is not such a folder */
export function trainerFiles(names: readonly string[]): TrainerFiles | null {
  const optimizers = names.filter((name) => TRAINER_OPTIMIZER.test(name)).sort(byName);
  const model = TRAINER_MODELS.find((name) => names.includes(name)) ?? null;
  const isTrainers = model !== null || names.some((name) => BESIDE_OPTIMIZER.test(name));
  return optimizers.length > 0 && isTrainers ? { optimizers, model } : null;
}

function partsOf(path: string): string[] {
  return path
    .replace(/[?#].*$/, '')
    .split(/[/\\]+/)
    .filter((part) => part !== '');
}

/** The part of a path that holds its rank: the name, or Megatron's folder of it. */
function rankedPart(path: string): string {
  const [folder = '', name = ''] = ['', ...partsOf(path)].slice(-2);
  return MEGATRON_FOLDER.test(folder) ? folder : name;
}

function withoutRank(path: string): string {
  const part = rankedPart(path);
  const at = path.lastIndexOf(part);
  const unranked = part.replace(RANK, (found) => found.replace(/\d+$/, '#'));
  return path.slice(0, at) + unranked + path.slice(at + part.length);
}

function byRank(a: string, b: string): number {
  return (rankOfPath(a) ?? 0) - (rankOfPath(b) ?? 0) || byName(a, b);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function isModelFile(path: string | undefined): boolean {
  return MODEL_FILE.test(partsOf(path ?? '').at(-1) ?? '');
}

function isBeside(model: string, optimizer: string | undefined): boolean {
  if (optimizer === undefined || folderOf(model) !== folderOf(optimizer)) return false;
  return stepOfPath(model) === stepOfPath(optimizer);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf(partsOf(path).at(-1) ?? ''));
}
