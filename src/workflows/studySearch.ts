/** Looks for studies under folders again and again, a slice of time at a time, so that new ones are found while others are served. */
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { shellWord } from '../base/shellWord.ts';
import { isInside, listFolders } from './insideFolder.ts';

/** Where a study stands. */
export interface StudyPlace {
  /** Its folder with every link followed. */
  readonly folder: string;
  /** The same as the user would name it. */
  readonly name: string;
}

export interface StudySearch {
  /**
   * Goes on looking, or rests if every folder was looked into a moment ago.
   *
   * @param until milliseconds of `performance.now()`
   * @returns studies met in this slice, known ones included
   */
  look(until: number): readonly StudyPlace[];
}

/** Deeper folders are not looked into for studies. */
const DEEPEST = 4;
/** Milliseconds between two searches, and the same as a multiple of what the last one took. */
const REST = 400;
const REST_SHARE = 20;

interface Folder extends StudyPlace {
  /** The folder it was found under, as given and with every link followed. */
  readonly given: string;
  readonly root: string;
  readonly depth: number;
}

/** @throws UsageError if one of the folders is none */
export function searchStudies(folders: readonly string[]): StudySearch {
  const roots = folders.map((given) => ({ given, root: realFolder(given) }));
  let ahead: Folder[] = [];
  let spent = 0;
  let next = Number.NEGATIVE_INFINITY;
  return {
    look: (until) => {
      const begun = performance.now();
      if (begun < next) return [];
      if (ahead.length === 0) {
        ahead = roots.map(({ given, root }) => ({ given, root, folder: root, name: given, depth: 0 })).reverse();
        spent = 0;
      }
      const found: StudyPlace[] = [];
      let now = begun;
      for (let folder = ahead.pop(); folder !== undefined; folder = now < until ? ahead.pop() : undefined) {
        if (holdsStudy(folder)) found.push(folder);
        else ahead.push(...foldersIn(folder));
        now = performance.now();
      }
      spent += now - begun;
      if (ahead.length === 0) next = now + Math.max(REST, REST_SHARE * spent);
      return found;
    },
  };
}

function realFolder(given: string): string {
  const refusal = (what: string): UsageError => new UsageError(`${given}: expected a folder, got ${what}`);
  if (!existsSync(given))
    throw refusal(`nothing; check the path, or make a study there: muonscope study --out ${shellWord(given)}`);
  if (!statSync(given).isDirectory()) throw refusal('a file; give the folder of a study, or one that holds studies');
  try {
    accessSync(given, constants.R_OK | constants.X_OK);
  } catch {
    throw refusal('one that cannot be read; check its permissions');
  }
  return realpathSync(given);
}

function holdsStudy({ folder, root }: Folder): boolean {
  return isInside(join(folder, 'study.json'), root);
}

/** The last one first: the next is taken from the end. */
function foldersIn({ folder, given, root, depth }: Folder): Folder[] {
  if (depth === DEEPEST) return [];
  return listFolders(folder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .map((name) => join(folder, name))
    .map((path) => ({ given, root, folder: path, name: join(given, relative(root, path)), depth: depth + 1 }))
    .reverse();
}
