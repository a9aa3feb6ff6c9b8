// What an operator may ask of a process that is slow or large: CPU profile, heap snapshot, event-loop delay. It shows memory,
// and so secrets: on 127.0.0.1 only, off unless asked for, and never to a web page.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { getHeapSnapshot, getHeapStatistics } from 'node:v8';
import { isLoopbackHost } from '../loopback.ts';
import { listen, type StatusServer } from './status-server.ts';

export interface DebugPortOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Longest profile, s. Default 60. */
  readonly maxSeconds?: number;
  /** A larger heap is not written out: the snapshot would stop the process for long, and be larger still. Default 1 GiB. */
  readonly maxHeapBytes?: number;
}

const HOST = '127.0.0.1';
const DEFAULT_SECONDS = 10;
const MS = 1e6;

export async function openDebugPort(options: DebugPortOptions): Promise<StatusServer> {
  const { maxSeconds = 60, maxHeapBytes = 2 ** 30 } = options;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const closing = new AbortController();
  let isBusy = false;
  const server = createServer((request, response) => {
    const handle = async () => {
      const refusal = refuse(request);
      if (refusal !== undefined) return json(response, refusal.status, refusal);
      const url = new URL(request.url ?? '/', `http://${HOST}`);
      if (url.pathname === '/debug/event-loop') return json(response, 200, delaysOf(delay));
      const asked = url.searchParams.get('seconds');
      const seconds = asked === null ? Math.min(DEFAULT_SECONDS, maxSeconds) : Number(asked);
      if (url.pathname !== '/debug/cpu' && url.pathname !== '/debug/heap')
        return json(response, 404, { message: `there are ${PATHS.join(', ')}` });
      if (!(seconds > 0 && seconds <= maxSeconds))
        return json(response, 400, { message: `seconds: expected above 0, up to ${maxSeconds}` });
      // Two profiles at a time would measure each other; two snapshots would double the memory.
      if (isBusy) return json(response, 409, { message: 'another profile or snapshot is under way' });
      isBusy = true;
      try {
        if (url.pathname === '/debug/cpu') await sendProfile(response, seconds, closing.signal);
        else await sendHeap(response, maxHeapBytes);
      } finally {
        isBusy = false;
      }
    };
    handle().catch(() => response.destroy());
  });
  await listen(server, options.port, HOST);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async [Symbol.asyncDispose]() {
      closing.abort();
      delay.disable();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const PATHS = ['/debug/cpu?seconds=10', '/debug/heap', '/debug/event-loop'];

/** A page that had its name point here would give its own name, and a browser tells where a request comes from. */
function refuse({ method, headers }: IncomingMessage): { status: number; message: string } | undefined {
  if (method !== 'GET') return { status: 405, message: 'expected GET' };
  if (!isLoopbackHost(headers.host) || headers.origin !== undefined)
    return { status: 403, message: 'only this machine is served, and no web page' };
  return undefined;
}

/** Chrome's developer tools and `node --cpu-prof` know this format. */
async function sendProfile(response: ServerResponse, seconds: number, signal: AbortSignal): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    await wait(seconds * 1_000, undefined, { signal: AbortSignal.any([signal, gone.signal]) });
    const { profile } = await session.post('Profiler.stop');
    download(response, 'enclave.cpuprofile').end(JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}

async function sendHeap(response: ServerResponse, maxHeapBytes: number): Promise<void> {
  const used = getHeapStatistics().used_heap_size;
  if (used > maxHeapBytes)
    return json(response, 413, { message: `the heap has ${used} bytes, more than ${maxHeapBytes}` });
  const { pipeline } = await import('node:stream/promises');
  await pipeline(getHeapSnapshot(), download(response, 'enclave.heapsnapshot'));
}

/** ms since the port was opened, or since the last time it was asked. */
function delaysOf(delay: ReturnType<typeof monitorEventLoopDelay>): object {
  const answer = {
    count: delay.count,
    meanMs: delay.count === 0 ? 0 : delay.mean / MS,
    p50Ms: delay.percentile(50) / MS,
    p99Ms: delay.percentile(99) / MS,
    maxMs: delay.count === 0 ? 0 : delay.max / MS,
  };
  delay.reset();
  return answer;
}

function download(response: ServerResponse, name: string): ServerResponse {
  return response.writeHead(200, {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="${name}"`,
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
