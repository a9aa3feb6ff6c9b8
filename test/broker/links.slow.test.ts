// Bad links between client, broker, runtime and Redis: slow, black-holed, reset. Nothing hangs beyond its time-out, and all
// of it works again when the link does, without a restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { startChild, type TestChild } from '../support/child.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/** The time-out of a Redis command, 3 s, and generously more for a machine that is busy. */
const SETTLED_MS = 20_000;
const HEARTBEAT_MS = 1_000;

describe.skipIf(!hasRedis())('with a proxy on every link', { timeout: 90_000 }, () => {
  let redis: TestRedis;
  let toRedis: TcpProxy;
  let toBroker: TcpProxy;
  let fromRuntime: TcpProxy;
  let broker: EnclaveBroker;
  let at: Listening;
  let runtime: TestChild;
  let client: EnclaveClient;
  let called: PromiseWithResolvers<void>;
  let answer: PromiseWithResolvers<string>;

  beforeEach(async () => {
    called = Promise.withResolvers();
    answer = Promise.withResolvers();
    redis = await startRedis();
    toRedis = await startProxy(redis.port);
    broker = new EnclaveBroker({
      redis: `redis://127.0.0.1:${toRedis.port}`,
      heartbeatInterval: HEARTBEAT_MS,
      reattach: 300,
      streamHeartbeat: 300,
      tools: [
        defineTool({
          name: 'hold',
          description: 'Answers when the test lets it',
          args: z.object({}),
          effect: 'once',
          handler: () => {
            called.resolve();
            return answer.promise;
          },
        }),
      ],
    });
    at = await broker.listen(0);
    [toBroker, fromRuntime] = [await startProxy(at.port), await startProxy(at.port)];
    const runtimeUrl = `http://127.0.0.1:${fromRuntime.port}`;
    runtime = await startChild('runtime-process.ts', [runtimeUrl, 'none', `${HEARTBEAT_MS}`]);
    client = new EnclaveClient({
      serverUrl: `http://127.0.0.1:${toBroker.port}`,
      reconnection: { maxAttempts: 1_000, initialDelay: 100, backoffMultiplier: 1 },
    });
  });
  afterEach(async () => {
    answer.resolve('over');
    await runtime?.[Symbol.asyncDispose]();
    await broker?.close();
    for (const proxy of [toRedis, toBroker, fromRuntime]) await proxy?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  const get = async (path: string) => {
    const response = await fetch(`${at.url}${path}`, { signal: AbortSignal.timeout(SETTLED_MS) });
    await response.arrayBuffer();
    return response.status;
  };
  const post = async () => {
    const response = await fetch(`${at.url}/sessions?wait=1000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"code":"return 1"}',
      signal: AbortSignal.timeout(SETTLED_MS),
    });
    const body: unknown = await response.json();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
  };
  const runs = async () => (await client.run({ code: 'return 1' })).final;

  it('answers every request within its time-out while Redis is black-holed; what runs goes on and is kept', async () => {
    const running = client.run({ code: 'return await callTool("hold", {});' });
    await called.promise;
    toRedis.set({ kind: 'black-hole' });
    const [submit, stored, session, ready, healthy, tools] = await Promise.all([
      post(),
      post(),
      get('/sessions/s_1'),
      get('/readyz'),
      get('/healthz'),
      get('/tools'),
    ]);
    for (const { status, body, retryAfter } of [submit, stored]) {
      expect(body).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    expect([session, ready, healthy, tools]).toEqual([503, 503, 200, 200]);
    // The tool answers and the script ends while nothing can be written; it is written later.
    answer.resolve('kept');
    toRedis.set({ kind: 'pass' });
    expect((await running).final).toMatchObject({ ok: true, result: 'kept' });
    await until('the broker is ready again', async () => (await get('/readyz')) === 200);
    expect(await runs()).toMatchObject({ ok: true });
  });

  it('mends reset and slow links to Redis', async () => {
    toRedis.set({ kind: 'slow', delayMs: 50 });
    expect(await runs()).toMatchObject({ ok: true });
    toRedis.set({ kind: 'pass' });
    toRedis.reset();
    await until('the broker is ready again', async () => (await get('/readyz')) === 200);
    expect(await runs()).toMatchObject({ ok: true });
  });

  it('gives up a runtime behind a black hole, which finds its way back by itself', async () => {
    const running = client.run({ code: 'return await callTool("hold", {});' });
    await called.promise;
    const before = fromRuntime.accepted;
    fromRuntime.set({ kind: 'black-hole' });
    expect((await running).final).toMatchObject({ ok: false, error: { code: 'RUNTIME_LOST' } });
    fromRuntime.set({ kind: 'pass' });
    await until('the runtime dials again', () => fromRuntime.accepted > before);
    expect(await runs()).toMatchObject({ ok: true });
  });

  it('keeps a session whose runtime was cut off for a moment, and its output whole', async () => {
    const code = `console.log(1); await callTool("hold", {}); console.log(2); return 3;`;
    const running = client.run({ code });
    await called.promise;
    fromRuntime.reset();
    answer.resolve('now');
    const { final, logs } = await running;
    expect(final).toMatchObject({ ok: true, result: 3 });
    expect(logs.map(({ text }) => text)).toEqual(['1', '2']);
  });

  it('resumes a stream after every cut, without loss or repeat', async () => {
    const seqs: number[] = [];
    const code = `for (let i = 0; i < 40; i++) { console.log(i); await callTool("hold", {}); } return 'end';`;
    let cuts = 0;
    answer.resolve('go on');
    const { final } = await client.run(
      { code },
      {
        onEvent: (event) => {
          seqs.push(event.seq);
          if (event.type === 'log' && event.seq % 30 === 0 && cuts++ < 4) toBroker.reset();
        },
      },
    );
    expect(final).toMatchObject({ ok: true, result: 'end' });
    // session_init, started, 40 times a line, a call and its answer, final
    expect(seqs).toEqual(Array.from({ length: 2 + 40 * 3 + 1 }, (_, i) => i + 1));
    expect(cuts).toBeGreaterThan(0);
  });

  it('leaves a stream that has gone silent, and resumes it on a new connection', async () => {
    const watchful = new EnclaveClient({
      serverUrl: `http://127.0.0.1:${toBroker.port}`,
      reconnection: { maxAttempts: 1_000, initialDelay: 100, backoffMultiplier: 1, silence: 1_500 },
    });
    const seqs: number[] = [];
    const run = watchful.run(
      { code: 'return await callTool("hold", {});' },
      { onEvent: (event) => seqs.push(event.seq) },
    );
    await called.promise;
    // The heartbeats of the broker are swallowed; the next connection is a good one.
    toBroker.set({ kind: 'black-hole' });
    toBroker.set({ kind: 'pass' });
    await until('the client dials again', () => toBroker.accepted > 1);
    answer.resolve('heard');
    expect((await run).final).toMatchObject({ ok: true, result: 'heard' });
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('ends a run behind a black hole at its own time-out, and the session can be followed elsewhere', async () => {
    const impatient = new EnclaveClient({ serverUrl: `http://127.0.0.1:${toBroker.port}`, timeout: 1_500 });
    const seen: SessionEvent[] = [];
    const run = impatient.run(
      { code: 'return await callTool("hold", {});' },
      { onEvent: (event) => seen.push(event) },
    );
    const rejected = expect(run).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await called.promise;
    toBroker.set({ kind: 'black-hole' });
    await rejected;
    await expect(impatient.session('s_1')).rejects.toMatchObject({ code: 'TIMED_OUT' });
    answer.resolve('there');
    const direct = new EnclaveClient({ serverUrl: at.url });
    const { sessionId = '' } = seen[0] ?? {};
    expect((await direct.follow(sessionId)).final).toMatchObject({ ok: true, result: 'there' });
  });
});
