/** Where views get their data: a server, or what a single file embeds. */
import type { LawsDocument, SizeConvention } from '../../../src/scaling/law.ts';
import type {
  DocumentName,
  PageChange,
  PageHistory,
  PageMetrics,
  PageOverviewRow,
  PageSeriesList,
  PageStudy,
  PageTrajectory,
} from '../../../src/workflows/pageData.ts';

/** Every method rejects with an Error whose message is one sentence for the reader. */
export interface PageSource {
  studies(): Promise<readonly PageStudy[]>;
  /** The document as `muonscope laws --json` etc. print it, validated by whoever made it. */
  document<T>(study: string, name: DocumentName): Promise<T>;
  /** Laws fitted to a study's records as they are now. */
  fittedLaws(study: string, sizeConvention: SizeConvention): Promise<LawsDocument>;
  series(study: string, run: string): Promise<PageSeriesList>;
  /** @param columns columns of pixels that each line is drawn on */
  trajectories(
    study: string,
    run: string,
    request: { readonly series: readonly number[]; readonly quantiles: readonly number[]; readonly columns: number },
  ): Promise<readonly PageTrajectory[]>;
  /** A row a matrix and stage, in the order of `series`. */
  overview(
    study: string,
    run: string,
    request: { readonly quantile: number; readonly columns: number },
  ): Promise<readonly PageOverviewRow[]>;
  history(study: string, run: string, series: number, most: number): Promise<PageHistory>;
  metrics(study: string, run: string, columns: number): Promise<PageMetrics>;
  /** Whether studies may begin, change and vanish while they are shown. */
  readonly isLive: boolean;
  /** Folders that studies are looked for in, as the user named them. */
  folders(): Promise<readonly string[]>;
  /** Tells what happens after the last answer of `studies`; nothing where nothing is live. @returns how to stop */
  listen(listener: PageListener): () => void;
}

export interface PageListener {
  changed(changes: readonly PageChange[]): void;
  /** Anything may have changed. */
  missed(): void;
  /** Whether news arrive. */
  connected(isConnected: boolean): void;
}
