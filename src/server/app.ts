/** The routes: the page's own files, answers as JSON, and news as server-sent events. */
import { readFileSync } from 'node:fs';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { MuonscopeError, UsageError } from '../base/errors.ts';
import type { DocumentName } from '../workflows/pageData.ts';
import type { ShownStudies } from '../workflows/shownStudies.ts';
import { newsHandler } from './events.ts';
import type { News } from './news.ts';
import { numberList, wholeNumber } from './queries.ts';
import { guard, refuse, type ServerAddress } from './safety.ts';

/** A file of the page, by the path it is asked for. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
}

export interface AppParts {
  readonly studies: ShownStudies;
  /** Folders that are served, as the user named them. */
  readonly folders: readonly string[];
  readonly files: ReadonlyMap<string, PageFile>;
  readonly address: () => ServerAddress;
  readonly news: News;
}

const MOST_SERIES = 64;
const MOST_QUANTILES = 9;
const MOST_COLUMNS = 2000;
const DOCUMENTS: readonly DocumentName[] = ['laws', 'plan', 'random', 'dynamics'];
const SIZES = ['total', 'nonEmbedding'] as const;

/** Handlers see Node's own request and answer. */
type App = Hono<{ Bindings: HttpBindings }>;

export function createApp({ studies, folders, files, address, news }: AppParts): App {
  const app: App = new Hono();
  app.use('*', guard(address));
  app.onError((error, context) => {
    if (error instanceof RangeError) return refuse(context, 404, error.message);
    if (error instanceof UsageError) return refuse(context, 400, error.message);
    if (error instanceof MuonscopeError) return refuse(context, 404, error.message);
    process.stderr.write(`muonscope: serve: this is a defect; please report it\n${error.stack ?? error.message}\n`);
    return refuse(context, 500, 'this is a defect of the server; its terminal says more');
  });
  app.notFound((context) => refuse(context, 404, 'there is nothing at this address'));
  app.get('/api/studies', (context) => {
    context.header('muonscope-news', news.mark);
    return context.json(studies.list());
  });
  app.get('/api/folders', (context) => context.json(folders));
  app.get('/api/studies/:study/documents/:name', (context) => {
    const name = DOCUMENTS.find((document) => document === context.req.param('name'));
    if (name === undefined) return refuse(context, 404, `expected one of ${DOCUMENTS.join(', ')}`);
    return context.json(studies.document(context.req.param('study'), name) as object); // validated on reading
  });
  app.get('/api/studies/:study/laws', async (context) => {
    const size = SIZES.find((convention) => convention === (context.req.query('size') ?? 'total'));
    if (size === undefined) return refuse(context, 400, `size: expected one of ${SIZES.join(', ')}`);
    return context.json(await studies.fittedLaws(context.req.param('study'), size));
  });
  addRunRoutes(app, studies);
  app.get('/api/events', newsHandler(news));
  app.get('*', (context) => {
    const file = files.get(context.req.path);
    if (file === undefined) return refuse(context, 404, 'there is nothing at this address');
    const cache = context.req.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return context.body(readFileSync(file.path), 200, { 'content-type': file.type, 'cache-control': cache });
  });
  return app;
}

function addRunRoutes(app: App, studies: ShownStudies): void {
  const base = '/api/studies/:study/runs/:run';
  app.get(`${base}/series`, (context) => {
    const { study, run } = context.req.param();
    return context.json(studies.series(study, run));
  });
  app.get(`${base}/trajectories`, (context) => {
    const { study, run } = context.req.param();
    const query = (name: string) => context.req.query(name);
    return context.json(
      studies.trajectories(study, run, {
        indices: numberList('series', query('series'), MOST_SERIES),
        quantiles: numberList('quantiles', query('quantiles'), MOST_QUANTILES),
        columns: wholeNumber('columns', query('columns'), [1, MOST_COLUMNS], 300),
      }),
    );
  });
  app.get(`${base}/overview`, (context) => {
    const { study, run } = context.req.param();
    const [quantile = 0.5] = numberList('quantile', context.req.query('quantile'), 1);
    const columns = wholeNumber('columns', context.req.query('columns'), [1, 100], 24);
    return context.json(studies.overview(study, run, { quantile, columns }));
  });
  app.get(`${base}/history`, (context) => {
    const { study, run } = context.req.param();
    const index = wholeNumber('series', context.req.query('series'), [0, 1e6], 0);
    const most = wholeNumber('most', context.req.query('most'), [2, MOST_COLUMNS], 1000);
    return context.json(studies.history(study, run, index, most));
  });
  app.get(`${base}/metrics`, (context) => {
    const { study, run } = context.req.param();
    return context.json(
      studies.metrics(study, run, wholeNumber('columns', context.req.query('columns'), [1, MOST_COLUMNS], 300)),
    );
  });
}
