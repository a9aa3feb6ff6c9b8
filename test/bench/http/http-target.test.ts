// The HTTP target against real servers on the loopback interface, good and bad.
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parseHttpRequest } from '../../../src/bench/http/http-request.ts';
import { HttpTarget } from '../../../src/bench/http/http-target.ts';
import type { LoadOutcome } from '../../../src/bench/load-target.ts';

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string, signal?: AbortSignal): Promise<LoadOutcome> {
  await using target = new HttpTarget({ request: parseHttpRequest({ url }) });
  return await target.execute(signal === undefined ? { source: '' } : { source: '', signal });
}

async function askHttp(listener: RequestListener): Promise<LoadOutcome> {
  const server = createHttpServer(listener);
  try {
    return await ask(`http://${await listen(server)}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function askTcp(serve: (socket: Socket) => void): Promise<LoadOutcome> {
  const server = createTcpServer((socket) =>
    socket.on('error', () => undefined).once('data', () => serve(socket)),
  );
  try {
    return await ask(`http://${await listen(server)}/`);
  } finally {
    server.close();
  }
}

describe('HttpTarget', () => {
  it('sends method, path, headers and body as given, over connections that it keeps', async () => {
    const seen: unknown[] = [];
    const ports = new Set<number | undefined>();
    const server = createHttpServer((request, response) => {
      ports.add(request.socket.remotePort);
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const { headers, method, url } = request;
        seen.push([method, url, headers['x-a'], headers.authorization, body]);
        response.end('answer');
      });
    });
    const url = `http://ann:p%40ss@${await listen(server)}/path?q=1`;
    const request = parseHttpRequest({ url, body: Buffer.from('{"n":1}'), headers: ['X-A: one'] });
    await using target = new HttpTarget({ request, connections: 1 });
    for (let i = 0; i < 3; i++) expect(await target.execute({ source: '' })).toEqual({ success: true });
    // "ann:p@ss" in base64.
    expect(seen).toEqual(Array(3).fill(['POST', '/path?q=1', 'one', 'Basic YW5uOnBAc3M=', '{"n":1}']));
    expect(ports.size).toBe(1);
    expect(target.stats()).toMatchObject({ live: 0, completed: 3 });
    server.close();
  });

  it.each([
    [404, 'HTTP_404'],
    [503, 'HTTP_503'],
  ])('counts a status of %i as %s', async (status, code) => {
    const outcome = await askHttp((_request, response) => response.writeHead(status).end('no'));
    expect(outcome).toEqual({ success: false, error: { code } });
  });

  it('reports a redirect and does not follow it', async () => {
    let requests = 0;
    const outcome = await askHttp((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(outcome).toEqual({ success: false, error: { code: 'HTTP_302' } });
    expect(requests).toBe(1);
  });

  it('tells a connection that closes in the answer from one that closes before it', async () => {
    const inAnswer = await askTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy());
    });
    expect(inAnswer).toEqual({ success: false, error: { code: 'CLOSED_IN_ANSWER' } });
    const before = await askTcp((socket) => socket.destroy());
    expect(before).toEqual({ success: false, error: { code: 'CLOSED_BEFORE_ANSWER' } });
  });

  it('says that an answer is not HTTP', async () => {
    const outcome = await askTcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    expect(outcome).toEqual({ success: false, error: { code: 'ANSWER_NOT_HTTP' } });
  });

  it('gives up an answer that never ends when it is cancelled, and frees its connection', async () => {
    const controller = new AbortController();
    let closed = (): void => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = createHttpServer((_request, response) => {
      response.on('close', closed);
      response.write('the first of endless bytes', () => controller.abort());
    });
    const outcome = await ask(`http://${await listen(server)}/`, controller.signal);
    expect(outcome.success).toBe(false);
    await isClosed;
    server.close();
  });

  it('says that nobody listens, that a name is unknown, and that TLS failed', async () => {
    const server = createTcpServer();
    const address = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const unreachable = (code: string) => ({ success: false, error: { code, isUnreachable: true } });
    expect(await ask(`http://${address}/`)).toEqual(unreachable('CONNECT_REFUSED'));
    expect(await ask('http://no-such-host.invalid/')).toEqual(unreachable('DNS_FAILED'));
    // A server without any certificate: the handshake cannot succeed.
    const tls = createTlsServer().on('tlsClientError', () => undefined);
    expect(await ask(`https://${await listen(tls)}/`)).toEqual(unreachable('TLS_FAILED'));
    tls.close();
  });
});

describe('parseHttpRequest()', () => {
  it('names every mistake and repeats no header value', () => {
    const parse = () =>
      parseHttpRequest({ url: 'x', method: 'FETCH', headers: ['secret words', 'Content-Length: 3'] });
    expect(parse).toThrow(/--url: .*\n.*--method: .*\n.*--header: .*\n.*--header: .*Content-Length/u);
    expect(parse).not.toThrow(/secret/u);
  });

  it('shows an address without credentials and query values', () => {
    const { shown } = parseHttpRequest({ url: 'https://u:p@example.com/a?token=abc&b=2' });
    expect(shown).toBe('https://example.com/a?token=***&b=***');
  });

  it('tells when it was connected, the first byte, and every line of a stream', async () => {
    const server = createHttpServer((_request, response) => {
      response.setHeader('content-type', 'application/x-ndjson; charset=utf-8');
      response.write('{"n":1}\n{"n"');
      setImmediate(() => response.end(':2}\n{"n":3}\n'));
    });
    const request = parseHttpRequest({ url: `http://${await listen(server)}/` });
    await using target = new HttpTarget({ request });
    const seen: string[] = [];
    await target.execute(
      { source: '' },
      {
        connected: () => seen.push('connected'),
        first: () => seen.push('first'),
        line: () => seen.push('line'),
        toolCall: () => seen.push('call'),
        onCancel: () => undefined,
      },
    );
    expect(seen).toEqual(['connected', 'first', 'line', 'line', 'line']);
    server.closeAllConnections();
    server.close();
  });
});
