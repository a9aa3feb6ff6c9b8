// A closed loop of HTTP requests, each on a connection that stays open. It knows only as much of HTTP as a broker says, so
// that it costs little beside what it measures, and checks every reply.
import { connect, type Socket } from 'node:net';

export interface LoadRequest {
  readonly port: number;
  readonly concurrency: number;
  readonly path: string;
  readonly accept: string;
  readonly body: object;
  /** Text that a reply with a good result holds. */
  readonly expect: string;
}

export interface LoadResult {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const TIMEOUT_MS = 20_000;

/** Runs the loop; only what begins and ends between `warmUpMs` and the end counts. `onMeasured` is called at that moment. */
export async function load(
  request: LoadRequest,
  warmUpMs: number,
  measuredMs: number,
  onMeasured: () => void,
): Promise<LoadResult> {
  const latencies: number[] = [];
  const fromMs = performance.now() + warmUpMs;
  const endMs = fromMs + measuredMs;
  let isMeasuring = false;
  const text = requestText(request);
  const user = async () => {
    const connection = await open(request.port);
    for (;;) {
      const startMs = performance.now();
      if (!isMeasuring && startMs >= fromMs) {
        isMeasuring = true;
        onMeasured();
      }
      if (startMs >= endMs) break;
      const reply = await connection.ask(text);
      if (!reply.startsWith('HTTP/1.1 200') || !reply.includes(request.expect))
        throw new Error(`unexpected reply:\n${reply.slice(0, 2_000)}`);
      const nowMs = performance.now();
      if (startMs >= fromMs && nowMs < endMs) latencies.push(nowMs - startMs);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: request.concurrency }, user));
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    count: sorted.length,
    perSecond: (sorted.length * 1_000) / measuredMs,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

export function requestText({
  port,
  path,
  accept,
  body,
}: Pick<LoadRequest, 'port' | 'path' | 'accept' | 'body'>): string {
  const json = JSON.stringify(body);
  return [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    `accept: ${accept}`,
    `content-length: ${Buffer.byteLength(json)}`,
    '',
    json,
  ].join('\r\n');
}

export interface Connection {
  ask(text: string): Promise<string>;
  close(): void;
}

/** One line to a broker, for one request at a time. */
export async function open(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return { ask: (text) => ask(socket, text), close: () => socket.destroy() };
}

function ask(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const settle = (work: () => void) => {
      clearTimeout(timer);
      socket.removeListener('data', hear);
      socket.removeListener('close', fail);
      work();
    };
    const hear = (chunk: Buffer) => {
      reply += chunk.toString('latin1');
      if (isWhole(reply)) settle(() => resolve(reply));
    };
    const fail = () => settle(() => reject(new Error(`the connection ended within a reply:\n${reply}`)));
    const timer = setTimeout(fail, TIMEOUT_MS);
    socket.on('data', hear);
    socket.once('close', fail);
    socket.write(text);
  });
}

function isWhole(reply: string): boolean {
  const head = reply.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)\r\n/iu.exec(reply.slice(0, head + 2))?.[1];
  if (length === undefined) return reply.endsWith('\r\n0\r\n\r\n');
  return reply.length >= head + 4 + Number(length);
}
