/** What `serve --json` prints when it listens. */
import { z } from 'zod';

export interface ServeResult {
  readonly schema: 'muonscope.serve/1';
  /** To open in a browser; holds the token where one is required. */
  readonly url: string;
  readonly studies: readonly {
    /** In URLs. */
    readonly id: string;
    /** Its folder as given. */
    readonly name: string;
  }[];
}

export const serveSchema: z.ZodType<ServeResult> = z.looseObject({
  schema: z.literal('muonscope.serve/1'),
  url: z.url(),
  studies: z.array(z.looseObject({ id: z.string(), name: z.string() })),
});
