/** What has changed, numbered: a listener says what it heard last and is told the rest, nothing lost and nothing twice. */
import { randomBytes } from 'node:crypto';
import type { PageChange } from '../workflows/pageData.ts';

export interface News {
  /** Marks what has been told until now: "server-number". */
  readonly mark: string;
  tell(changes: readonly PageChange[]): void;
  /**
   * What changed since a mark, the latest of each kind.
   *
   * @returns null if the mark is none of this server: everything may have changed
   */
  since(mark: string): readonly PageChange[] | null;
  /** Calls back after each telling. @returns how to stop */
  onTelling(wake: () => void): () => void;
}

/** Holds one entry a study, run and kind, however much happens and however slow listeners are. */
export function createNews(): News {
  const server = randomBytes(6).toString('hex');
  const entries = new Map<string, { readonly number: number; readonly change: PageChange }>();
  const waiting = new Set<() => void>();
  let number = 0;
  return {
    get mark() {
      return `${server}-${number}`;
    },
    tell: (changes) => {
      number++;
      for (const change of changes) entries.set(`${change.study} ${change.run} ${change.what}`, { number, change });
      for (const wake of waiting) wake();
    },
    since: (mark) => {
      const [of, heard] = mark.split('-');
      if (of !== server || heard === undefined || !/^\d{1,15}$/.test(heard)) return null;
      return [...entries.values()].flatMap((entry) => (entry.number > Number(heard) ? [entry.change] : []));
    },
    onTelling: (wake) => {
      waiting.add(wake);
      return () => void waiting.delete(wake);
    },
  };
}
