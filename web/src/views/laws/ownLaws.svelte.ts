/** The laws of the study shown: those it has saved, which follow its folder, or else fitted to its records when asked for. */
import type { LawsDocument, SizeConvention } from '../../../../src/scaling/law.ts';
import type { PageStudy } from '../../../../src/workflows/pageData.ts';
import type { PageSource } from '../../data/source.ts';

export interface OwnLaws {
  /** null until they are here, or if there are none. */
  readonly document: LawsDocument | null;
  readonly failure: string;
  /** Whether they are fitted to the records of a moment, and not followed. */
  readonly isFitted: boolean;
  fitAgain(): void;
}

/** What laws are asked for; null if none are. */
export interface OwnLawsRequest {
  readonly source: PageSource;
  readonly study: PageStudy;
  readonly size: SizeConvention;
  readonly version: number;
}

/** Laws need two sizes. */
export function canHaveLaws({ runs }: PageStudy): boolean {
  return new Set(runs.map(({ params }) => params)).size > 1;
}

/** Call it while a component is set up. */
export function createOwnLaws(request: () => OwnLawsRequest | null): OwnLaws {
  let held = $state.raw<{ readonly key: string; readonly document: LawsDocument } | null>(null);
  let failure = $state('');
  let fits = $state(0);
  const asked = $derived(request());
  const isFitted = $derived(asked !== null && !(asked.size === 'total' && asked.study.documents.includes('laws')));
  const key = $derived(asked === null ? '' : `${asked.study.id} ${asked.size}`);
  // Saved laws are read again with every change of the folder; a fit reads all records, so it is made once and when asked for.
  const moment = $derived(asked === null ? '' : `${key} ${isFitted ? `fit ${fits}` : asked.version}`);
  const source = $derived(asked?.source);
  $effect(() => {
    failure = '';
    if (moment === '' || source === undefined) return;
    const [id = '', size] = key.split(' ');
    const answer = isFitted
      ? source.fittedLaws(id, size === 'nonEmbedding' ? 'nonEmbedding' : 'total')
      : source.document<LawsDocument>(id, 'laws');
    const of = key;
    let isCurrent = true;
    answer.then(
      (document) => {
        if (isCurrent) held = { key: of, document };
      },
      (error: Error) => {
        if (isCurrent) failure = error.message;
      },
    );
    return () => {
      isCurrent = false;
    };
  });
  return {
    get document() {
      return held?.key === key ? held.document : null;
    },
    get failure() {
      return failure;
    },
    get isFitted() {
      return isFitted;
    },
    fitAgain: () => {
      fits += 1;
    },
  };
}
