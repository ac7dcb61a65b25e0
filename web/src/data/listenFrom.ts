/** News of the server while the page is looked at: what it says on the way back is what happened meanwhile. */
import type { PageListener } from './source.ts';

/** Milliseconds before a server that refused is asked again; where it does not answer the browser asks by itself. */
const REFUSED = 5000;

/**
 * A page in the background does not listen: browsers open six lines to a server, and each listener holds one.
 *
 * @param mark of the news that are known @returns how to stop
 */
export function listenFrom(mark: string, { changed, missed, connected }: PageListener): () => void {
  let heard = mark;
  let events: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    events?.close();
    events = null;
  };
  const begin = (): void => {
    end();
    const source = new EventSource(`/api/events?since=${encodeURIComponent(heard)}`);
    events = source;
    const on = (name: string, told: (data: string) => void): void =>
      source.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) => {
        heard = lastEventId;
        connected(true);
        told(data);
      });
    on('current', () => {});
    on('alive', () => {});
    on('missed', missed);
    on('changes', (data) => changed(JSON.parse(data)));
    source.addEventListener('error', () => {
      connected(false);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(begin, REFUSED);
    });
  };
  const follow = (): void => (document.hidden ? end() : begin());
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    end();
  };
}
