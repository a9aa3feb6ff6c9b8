// Both ways of asking behave alike: what is written here holds for browsers and for Node.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askByFetch } from '../../src/client/ask-fetch.ts';
import { askByNode } from '../../src/client/ask-node.ts';
import { createTransport, type Question } from '../../src/client/transport.ts';

const never = new AbortController().signal;
const plain: Question = { headers: {}, signal: never };
const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = http.createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let connections = 0;
  server.on('connection', () => connections++);
  return { url: `http://127.0.0.1:${port}`, server, connections: () => connections };
}

describe.each([
  ['node', () => askByNode({ http, https, net, elsewhere: askByFetch(fetch) })],
  ['fetch', () => askByFetch(fetch)],
])('asking by %s', (_name, create) => {
  it('tells status, headers and body, and sends its own', async () => {
    const { url } = await serve((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { method, headers } = request;
        response.writeHead(418, { 'x-session-id': 's_1' });
        response.end(`${method} ${headers['content-type']} ${Buffer.concat(pieces)}`);
      });
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await create()(url, { method: 'POST', headers, body: '"ü"', signal: never });
    expect([answer.status, answer.header('x-session-id'), answer.header('nothing')]).toEqual([
      418,
      's_1',
      undefined,
    ]);
    expect(await answer.text()).toBe('POST application/json "ü"');
  });

  it('puts characters together that were cut between two pieces', async () => {
    const text = Buffer.from('data: grüße\n\n');
    const { url } = await serve((_request, response) => {
      response.write(text.subarray(0, 9));
      setTimeout(() => response.end(text.subarray(9)), 20);
    });
    let heard = '';
    const answer = await create()(url, plain);
    await answer.read((piece) => {
      heard += piece;
      return true;
    }, 5_000);
    expect(heard).toBe('data: grüße\n\n');
  });

  it('leaves a stream that goes on when it has enough', async () => {
    const { url, server } = await serve((_request, response) => {
      const timer = setInterval(() => response.write('more'), 5);
      response.on('close', () => clearInterval(timer));
    });
    const answer = await create()(url, plain);
    let pieces = 0;
    await answer.read(() => ++pieces < 3, 5_000);
    expect(pieces).toBe(3);
    const open = () => new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n)));
    await expect.poll(open).toBe(0);
  });

  it('ends with a stream that falls silent', async () => {
    const { url } = await serve((_request, response) => void response.write('one'));
    const heard: string[] = [];
    const answer = await create()(url, plain);
    await answer.read((piece) => heard.push(piece) > 0, 50);
    expect(heard).toEqual(['one']);
  });

  it('fails with CONNECTION_LOST when nobody is there, and when the connection breaks in the middle', async () => {
    const { url } = await serve((request, response) => {
      response.write('one');
      setTimeout(() => request.socket.destroy(), 20);
    });
    const lost = { code: 'CONNECTION_LOST' };
    await expect(create()('http://127.0.0.1:1/', plain)).rejects.toMatchObject(lost);
    await expect(create()(url, plain).then((answer) => answer.read(() => true, 5_000))).rejects.toMatchObject(
      lost,
    );
    await expect(create()(url, plain).then((answer) => answer.text())).rejects.toMatchObject(lost);
  });

  it('fails when it is ended, before, during and after the question', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/stream') response.write('one');
    });
    const lost = { code: 'CONNECTION_LOST' };
    const ended = (ms: number): Question => ({ headers: {}, signal: AbortSignal.timeout(ms) });
    await expect(create()(url, { headers: {}, signal: AbortSignal.abort() })).rejects.toMatchObject(lost);
    await expect(create()(url, ended(50))).rejects.toMatchObject(lost);
    const answer = await create()(`${url}/stream`, ended(50));
    await expect(answer.read(() => true, 5_000)).rejects.toMatchObject(lost);
  });

  it('hands on what its reader throws', async () => {
    const { url } = await serve((_request, response) => void response.write('one'));
    const answer = await create()(url, plain);
    const read = answer.read(() => {
      throw new RangeError('too long');
    }, 5_000);
    await expect(read).rejects.toThrow(new RangeError('too long'));
  });

  it('goes where it is sent', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/there') response.end('here');
      else response.writeHead(307, { location: '/there' }).end();
    });
    expect(await (await create()(`${url}/old`, plain)).text()).toBe('here');
  });
});

describe('asking by node', () => {
  const ask = askByNode({ http, https, net, elsewhere: askByFetch(fetch) });

  it('keeps the connection of a stream whose end came with the last that was wanted', async () => {
    const { url, connections } = await serve((_request, response) => response.end('last'));
    for (let i = 0; i < 3; i++) {
      const answer = await ask(url, plain);
      await answer.read(() => false, 5_000);
      // The end of the body is a matter of the next turns.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(connections()).toBe(1);
  });

  it('asks once more when the kept connection is closed in that moment', async () => {
    let requests = 0;
    const { url, connections } = await serve((request, response) => {
      if (++requests === 2) request.socket.destroy();
      else response.end('good');
    });
    expect(await (await ask(url, plain)).text()).toBe('good');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await (await ask(url, plain)).text()).toBe('good');
    expect([requests, connections()]).toEqual([3, 2]);
  });
});

describe('createTransport()', () => {
  it('asks by what the caller brings', async () => {
    const asked: unknown[] = [];
    const ask = createTransport(async (url) => {
      asked.push(url);
      return new Response('mine');
    });
    expect(await (await ask('http://broker.test/readyz', plain)).text()).toBe('mine');
    expect(asked).toEqual(['http://broker.test/readyz']);
  });
});
