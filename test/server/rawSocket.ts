/** Requests as bytes, for what no well-behaved client would send. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 where the line was cut without an answer. */
  readonly status: number;
  readonly text: string;
  /** Milliseconds until the line ended. */
  readonly took: number;
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Sends lines of a request, an empty one after them, and reads until the server ends the line. */
export function askRaw(port: number, ...lines: readonly string[]): Promise<RawAnswer> {
  return endOf(openRaw(port, `${lines.join('\r\n')}\r\n\r\n`));
}

/** A line that has sent something and waits. */
export function openRaw(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // cut by the server
  socket.write(text, 'latin1');
  return socket;
}

/** What a line brings until the server ends it. */
export function endOf(socket: Socket): Promise<RawAnswer> {
  const begun = performance.now();
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => (text += part));
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, text, took: performance.now() - begun });
    });
  });
}
