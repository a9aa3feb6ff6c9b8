// A runtime that lies: nothing it says may touch a session that it was not given.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { MAX_FRAME_BYTES } from '../../src/protocol/codec.ts';

const AUTH = {
  apiKeys: 'client-key-0123456789 acme\nother-key-01234567890 other',
  runtimeToken: 'runtime-token-012345',
};
const HELLO = { type: 'hello', protocolVersion: 2, runtimeId: 'liar', labels: {}, slots: 4 };

describe('a broker with keys', () => {
  const broker = new EnclaveBroker({ auth: AUTH, reattach: 50 });
  let at: Listening;
  beforeAll(async () => {
    at = await broker.listen(0);
  });
  afterAll(() => broker.close());

  const dial = (
    headers: Record<string, string> = { authorization: `Bearer ${AUTH.runtimeToken}` },
    path = '/runtime',
  ) => new WebSocket(`${at.url.replace('http', 'ws')}${path}`, { headers });
  const opened = async () => {
    const socket = dial();
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return socket;
  };
  const closed = (socket: WebSocket) =>
    new Promise<string>((resolve) => socket.once('close', (_code, reason) => resolve(reason.toString())));
  const status = (socket: WebSocket) =>
    new Promise<number>((resolve) => {
      socket.on('error', () => {});
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    });
  const said = (socket: WebSocket, type: string) =>
    new Promise<Record<string, unknown>>((resolve) => {
      socket.on('message', (data) => {
        const frame = JSON.parse(String(data)) as { type: string }[];
        const found = frame.find((message) => message.type === type);
        if (found !== undefined) resolve({ ...found });
      });
    });

  it.each([
    ['no token', {}, '/runtime', 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, '/runtime', 401],
    ["a client's key", { authorization: 'Bearer client-key-0123456789' }, '/runtime', 401],
    [
      'a page as origin',
      { authorization: `Bearer ${AUTH.runtimeToken}`, origin: 'http://x' },
      '/runtime',
      403,
    ],
    ['another path', { authorization: `Bearer ${AUTH.runtimeToken}` }, '/elsewhere', 404],
  ])('refuses a runtime with %s', async (_what, headers, path, expected) => {
    expect(await status(dial({ ...headers }, path))).toBe(expected);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['no list', '{}'],
    ['an unknown message', '[{"type":"shutdown"}]'],
    ['work before a hello', '[{"type":"draining"}]'],
    ['another protocol', JSON.stringify([{ ...HELLO, protocolVersion: 9 }])],
    ['two hellos', JSON.stringify([HELLO, HELLO])],
    ['too many slots', JSON.stringify([{ ...HELLO, slots: 1e9 }])],
    ['a frame that is too large', `[${' '.repeat(MAX_FRAME_BYTES)}]`],
  ])('closes the line of a runtime that sends %s', async (_what, frame) => {
    const socket = await opened();
    socket.on('error', () => {});
    const end = closed(socket);
    socket.send(frame);
    await end;
  });

  it('takes no word on a session that the runtime was not given, and keeps tenants apart', async () => {
    const honest = await opened();
    const start = said(honest, 'start');
    honest.send(JSON.stringify([{ ...HELLO, runtimeId: 'honest' }]));
    await said(honest, 'welcome');
    const client = new EnclaveClient({ serverUrl: at.url, apiKey: 'client-key-0123456789' });
    const id = await client.submit({ code: 'return 1' });
    const { fence } = await start;

    const liar = await opened();
    const refused = said(liar, 'cancel');
    const stats = { durationMs: 0, queueMs: 0, cpuMs: 0, toolMs: 0, toolCallCount: 0, consoleBytes: 0 };
    const outcome = {
      success: true,
      valueJson: '"forged"',
      stats: { ...stats, logsTruncated: false, resultBytes: 0, isolation: 'isolate' },
    };
    // It even knows the fence; but the broker goes by what it gave to this line.
    liar.send(
      JSON.stringify([
        HELLO,
        { type: 'done', id, fence, outcome },
        { type: 'tool_call', id, fence, callId: 1, name: 'x', args: {} },
      ]),
    );
    expect(await refused).toMatchObject({ id, reason: 'stale' });
    expect(await client.session(id)).toMatchObject({ state: 'running' });
    const stranger = new EnclaveClient({ serverUrl: at.url, apiKey: 'other-key-01234567890' });
    await expect(stranger.session(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(stranger.cancel(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(stranger.follow(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const nobody = new EnclaveClient({ serverUrl: at.url, apiKey: AUTH.runtimeToken });
    await expect(nobody.session(id)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    honest.send(JSON.stringify([{ type: 'done', id, fence, outcome: { ...outcome, valueJson: '"true"' } }]));
    expect((await client.follow(id)).final).toMatchObject({ ok: true, result: 'true' });
    honest.close();
    liar.close();
  });
});

describe('a broker without keys', () => {
  it('refuses to serve other machines', async () => {
    await using broker = new EnclaveBroker();
    await expect(broker.listen(0, '0.0.0.0')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
