// A small server of its own for /metrics, /healthz and /readyz: for runtimes, which have no HTTP API, and for brokers whose
// API is not to be reached by Prometheus.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { EnclaveError } from '../errors.ts';
import type { Exposition } from './registry.ts';

export interface StatusServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly expose: () => Promise<Exposition>;
  /** What is missing, in words; nothing when work could be taken. */
  readonly missing: () => Promise<readonly string[]>;
}

export interface StatusServer extends AsyncDisposable {
  readonly port: number;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** @throws EnclaveError INVALID_INPUT for an address that cannot be listened on. */
export async function openStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { host, port } = options;
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      answer(request.method ?? '', request.url ?? '/', response, options).catch(() => response.destroy());
    },
  );
  await listen(server, port, host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  method: string,
  path: string,
  response: ServerResponse,
  { expose, missing }: StatusServerOptions,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (path === '/metrics') {
    const { contentType, text } = await expose();
    response.writeHead(200, { 'content-type': contentType }).end(text);
  } else if (path === '/healthz') {
    json(response, 200, { status: 'ok' });
  } else if (path === '/readyz') {
    const found = await missing();
    json(response, found.length === 0 ? 200 : 503, { ready: found.length === 0, missing: found });
  } else {
    json(response, 404, { code: 'NOT_FOUND', message: 'there are /metrics, /healthz and /readyz' });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** @throws EnclaveError INVALID_INPUT */
export async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new EnclaveError('INVALID_INPUT', `cannot listen on ${host}:${port} (${cause.message})`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
}
