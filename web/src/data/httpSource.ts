/** Data from the server that served the page. */
import { listenFrom } from './listenFrom.ts';
import type { PageSource } from './source.ts';

export function httpSource(): PageSource {
  const at = (...parts: string[]): string => `/api/studies/${parts.map(encodeURIComponent).join('/')}`;
  /** The mark of the news that the list of studies was told with. */
  let heard = '';
  return {
    studies: async () => {
      const answer = await ask('/api/studies');
      heard = answer.headers.get('muonscope-news') ?? '';
      return answer.json();
    },
    document: (study, name) => get(at(study, 'documents', name)),
    fittedLaws: (study, sizeConvention) => get(`${at(study, 'laws')}?size=${sizeConvention}`),
    series: (study, run) => get(at(study, 'runs', run, 'series')),
    trajectories: (study, run, { series, quantiles, columns }) =>
      get(`${at(study, 'runs', run, 'trajectories')}?series=${series}&quantiles=${quantiles}&columns=${columns}`),
    overview: (study, run, { quantile, columns }) =>
      get(`${at(study, 'runs', run, 'overview')}?quantile=${quantile}&columns=${columns}`),
    history: (study, run, series, most) => get(`${at(study, 'runs', run, 'history')}?series=${series}&most=${most}`),
    metrics: (study, run, columns) => get(`${at(study, 'runs', run, 'metrics')}?columns=${columns}`),
    isLive: true,
    folders: () => get('/api/folders'),
    listen: (listener) => listenFrom(heard, listener),
  };
}

async function get<T>(url: string): Promise<T> {
  return (await ask(url)).json();
}

async function ask(url: string): Promise<Response> {
  const answer = await fetch(url).catch(() => {
    throw new Error('The server does not answer; is muonscope serve still running?');
  });
  if (!answer.ok) throw new Error((await answer.text()).trim().replace(/^muonscope: /, ''));
  return answer;
}
