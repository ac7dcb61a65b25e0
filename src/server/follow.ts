/** Looks at the files of shown studies again and again, and tells the news. */
import type { PageChange } from '../workflows/pageData.ts';
import type { ShownStudies } from '../workflows/shownStudies.ts';
import type { News } from './news.ts';

export interface Following {
  /** A request has come: reading on leaves room for the next. */
  asked(): void;
  stop(): void;
}

/** Milliseconds between two looks at the files, and at least between two tellings of news. */
const INTERVAL = 300;
/** The same while much is still to be read. */
const BACKLOG = 1000;
/** Milliseconds after a request in which reading on leaves room for the next, and how much. */
const QUIET = 500;
const PAUSE = 60;

/** Goes on until stopped, whatever a look throws. */
export function followStudies(studies: ShownStudies, news: News): Following {
  const pending = new Map<string, PageChange>();
  let asked = Number.NEGATIVE_INFINITY;
  let told = 0;
  let complaint = '';
  const lookSafely = (): ReturnType<ShownStudies['look']> => {
    try {
      return studies.look();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (text !== complaint) process.stderr.write(`muonscope: serve: this is a defect; please report it\n${text}\n`);
      complaint = text; // told once
      return { changes: [], isBehind: false };
    }
  };
  const look = (): void => {
    const { changes, isBehind } = lookSafely();
    for (const change of changes) pending.set(`${change.study} ${change.run} ${change.what}`, change);
    if (pending.size > 0 && performance.now() - told >= (isBehind ? BACKLOG : INTERVAL)) {
      news.tell([...pending.values()]);
      pending.clear();
      told = performance.now();
    }
    timer = setTimeout(look, isBehind ? (performance.now() - asked < QUIET ? PAUSE : 1) : INTERVAL);
  };
  let timer = setTimeout(look, 0);
  return {
    asked: () => {
      asked = performance.now();
    },
    stop: () => clearTimeout(timer),
  };
}
