/** What to call the run that a checkpoint is of, where nobody said: what its path says besides step and rank. */
import { RUN_NAME } from '../store/schemas.ts';

/** Parts of a path that number a checkpoint within its run, or a rank within a checkpoint. */
const NUMBERED =
  /(?:^|[-_.])(?:(?:global[-_]?)?step|steps|iter|iteration|it|ckpt|checkpoint|chkpt|epoch|ep|optim|optimizer|state|model|mp|rank|r|zero|pp)[-_.]?\d+(?=$|[-_.])/gi;
/** Words that every run's files share. */
const COMMON =
  /(?:^|[-_.])(?:optimizer|optim|optimizers|state|states|dict|model|mp|pp|zero|zero3|bf16|module|momentum|muon|checkpoint|checkpoints|chkpt|ckpt|ckpts|step|latest|last|final|weights|training|trainer|rank|opt)(?=$|[-_.])/gi;
/** Of a folder that is made. */
const LONGEST_NAME = 100;
const EXTENSION = /\.(?:pt|pth|bin|ckpt|safetensors|npy|npz|jsonl|json|csv|parquet|distcp)$/i;

/**
 * @param path of a checkpoint or log, or its URL
 * @returns fit for a folder name
 * @example runNameOf('runs/gpt-124m/step_1000/optim.pt') // "gpt-124m"
 */
export function runNameOf(path: string): string {
  const parts = path
    .replace(/[?#].*$/, '')
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  for (const part of parts.reverse()) {
    const name = nameIn(part);
    if (name !== null) return name;
  }
  return 'run';
}

/** A name from someone else's file as a folder name: what does not fit becomes a dash. */
export function folderNameOf(name: string): string {
  const fitting = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, LONGEST_NAME);
  return RUN_NAME.test(fitting) ? fitting : 'run';
}

/** What is left of a part of a path; null if it says nothing of the run. */
function nameIn(part: string): string | null {
  let rest = part.replace(EXTENSION, '');
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replace(NUMBERED, '').replace(COMMON, '');
  }
  return /[A-Za-z]/.test(rest) ? folderNameOf(rest) : null;
}
