import type { ServeResult } from '../store/serveSchema.ts';
import type { PageStudy } from './pageData.ts';

/** What `serve --json` prints of a server that listens. */
export function serveResult(url: string, studies: readonly PageStudy[]): ServeResult {
  return { schema: 'muonscope.serve/1', url, studies: studies.map(({ id, name }) => ({ id, name })) };
}
