// Clients and runtimes that mean harm, against a broker in a process of its own whose memory and connections are watched.
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EnclaveClient } from '../../src/client/client.ts';
import { startChild, type TestChild } from '../support/child.ts';
import { until } from '../support/until.ts';

const KEYS = { acme: 'acme-key-0123456789ab', other: 'other-key-0123456789a' };
const TOKEN = 'runtime-token-0123456';
/** Attempts that are refused; fewer for a quick look. */
const ATTEMPTS = Number(process.env['ATTEMPTS'] ?? 100_000);
const AT_ONCE = 200;
const MIB = 2 ** 20;

describe('a broker under attack', { timeout: 120_000 }, () => {
  let broker: TestChild;
  let port: number;
  beforeAll(async () => {
    broker = await startChild('guarded-broker.ts', [`${KEYS.acme} acme,${KEYS.other} other`, TOKEN]);
    port = Number(new URL(broker.line).port);
  });
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
  });

  const client = (apiKey: string) => new EnclaveClient({ serverUrl: broker.line, apiKey, timeout: 60_000 });
  const ask = (path: string, key: string | undefined, init: RequestInit = {}) =>
    fetch(`${broker.line}${path}`, {
      ...init,
      headers: {
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...init.headers,
      },
    });
  const rssBytes = () =>
    Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))?.[1]) * 1_024;
  /** Says something and hears the answer to its end; nothing when the connection is just cut. */
  const say = async (text: string) => {
    const socket = await dial(port);
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(text);
    await closed;
    return heard;
  };

  it.each([
    ['GET', '/sessions/ID'],
    ['GET', '/sessions/ID/stream'],
    ['GET', '/tasks/ID'],
    ['POST', '/sessions/ID/cancel'],
    ['DELETE', '/sessions/ID'],
  ])('shows another tenant nothing at %s %s, and a stranger less', async (method, path) => {
    const id = await client(KEYS.acme).submit({ code: 'return "secret"' });
    const body = method === 'POST' ? { body: '{}' } : {};
    const theirs = await ask(path.replace('ID', id), KEYS.other, { method, ...body });
    const none = await ask(path.replace('ID', 's_none'), KEYS.other, { method, ...body });
    expect([theirs.status, none.status]).toEqual([404, 404]);
    expect((await theirs.text()).replaceAll(id, 'X')).toBe((await none.text()).replaceAll('s_none', 'X'));
    for (const key of [undefined, 'wrong-key-0123456789', TOKEN]) {
      const refused = await ask(path.replace('ID', id), key, { method, ...body });
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain('secret');
    }
    expect((await client(KEYS.acme).follow(id)).final).toMatchObject({ ok: true, result: 'secret' });
  });

  it('keeps the idempotency keys of tenants apart', async () => {
    const mine = await client(KEYS.acme).submit({ code: 'return "mine"' }, 'the-same-key');
    const theirs = await client(KEYS.other).submit({ code: 'return "theirs"' }, 'the-same-key');
    expect(theirs).not.toBe(mine);
    expect((await client(KEYS.other).follow(theirs)).final).toMatchObject({ ok: true, result: 'theirs' });
  });

  it('takes one end of a session and one answer of a call, however often a runtime repeats itself', async () => {
    const socket = new WebSocket(`${broker.line.replace('http', 'ws')}/runtime`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const heard: Record<string, unknown>[] = [];
    socket.on('message', (data) => heard.push(...(JSON.parse(String(data)) as Record<string, unknown>[])));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const tell = (...messages: object[]) => socket.send(JSON.stringify(messages));
    tell({ type: 'hello', protocolVersion: 2, runtimeId: 'liar', labels: { kind: 'liar' }, slots: 4 });
    await until('welcome', () => heard.some(({ type }) => type === 'welcome'));
    const id = await client(KEYS.acme).submit({ code: 'return 1', labels: { kind: 'bait' } });
    await until('start', () => heard.some(({ type }) => type === 'start'));
    const start = heard.find(({ type }) => type === 'start');
    const fence = String(start?.['fence']);
    const call = { type: 'tool_call', id, fence, callId: 1, name: 'take', args: { text: 'a' } };
    const line = { type: 'emit', id, fence, n: 1, level: 'log', text: 'once' };
    // Repeats, a call that changes under its number, and words under fences that are not its own.
    tell(line, line, { ...line, text: 'again' }, call, call, { ...call, args: { text: 'b' } });
    const stale = `${fence.split('-')[0]}-0`;
    tell({ ...line, n: 2, fence: stale }, { ...call, callId: 2, fence: stale });
    const stats = { durationMs: 0, queueMs: 0, cpuMs: 0, toolMs: 0, toolCallCount: 0, consoleBytes: 0 };
    const outcome = (valueJson: string) => ({
      success: true,
      valueJson,
      stats: { ...stats, logsTruncated: false, resultBytes: 0, isolation: 'isolate' },
    });
    tell({ type: 'done', id, fence: stale, outcome: outcome('"forged"') });
    await until('the call is answered', () => heard.some(({ type }) => type === 'tool_result'));
    tell({ type: 'done', id, fence, outcome: outcome('"first"') });
    tell({ type: 'done', id, fence, outcome: outcome('"second"') });
    const { final, logs } = await client(KEYS.acme).follow(id);
    expect(final).toMatchObject({ ok: true, result: 'first' });
    expect(logs.map(({ text }) => text)).toEqual(['once']);
    const text = await (await ask(`/sessions/${id}/stream`, KEYS.acme)).text();
    expect(text.match(/"type":"tool_call"/gu)).toHaveLength(1);
    expect(text.match(/"type":"final"/gu)).toHaveLength(1);
    // Replayed once the session is over, under the fence it had: refused, and nothing changes.
    // An acknowledgement of the end may come as late as this: it says nothing of what is replayed.
    const answers = () => heard.filter(({ type }) => type !== 'done_ack');
    const before = answers().length;
    tell(call, { ...line, n: 2 });
    await until('the refusal', () => answers().length >= before + 2);
    expect(answers().slice(before)).toEqual([
      expect.objectContaining({ type: 'cancel', reason: 'stale' }),
      expect.objectContaining({ type: 'cancel', reason: 'stale' }),
    ]);
    expect((await client(KEYS.acme).follow(id)).final).toEqual(final);
    socket.terminate();
  });

  it('closes the line of a runtime that says nothing at all', async () => {
    const socket = new WebSocket(`${broker.line.replace('http', 'ws')}/runtime`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const reason = await new Promise((resolve) =>
      socket.once('close', (_code, why) => resolve(why.toString())),
    );
    expect(reason).toContain('hello');
  });

  it.each([
    ['no HTTP', 'HELO mail\r\n\r\n', /^HTTP\/1\.1 400/u],
    ['a head of 20 KB', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/u],
    [
      'two lengths',
      'POST /sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
      /^HTTP\/1\.1 400/u,
    ],
    [
      'a length and chunks',
      'POST /sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/u,
    ],
  ])('refuses %s', async (_what, text, answer) => {
    expect(await say(text)).toMatch(answer);
  });

  it('bounds what it keeps for readers that do not read, who lose nothing by it', async () => {
    // 60 events of 200 KB: 12 MB for each of 30 readers, were it kept for them.
    const code =
      'for (let i = 0; i < 60; i++) await callTool("take", { text: "x".repeat(200_000) }); return 1;';
    const id = await client(KEYS.acme).submit({ code });
    const before = rssBytes();
    const readers = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const socket = await dial(port);
        socket.pause();
        socket.write(
          `GET /sessions/${id}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEYS.acme}\r\n\r\n`,
        );
        return socket;
      }),
    );
    const seqs: number[] = [];
    const fast = await client(KEYS.acme).follow(id, { onEvent: ({ seq }) => seqs.push(seq) });
    expect(fast.final?.ok).toBe(true);
    expect(seqs).toEqual(Array.from({ length: 2 + 120 + 1 }, (_, i) => i + 1));
    expect(rssBytes() - before).toBeLessThan(200 * MIB);
    // One of them reads at last: everything is there, in order.
    const [late, ...others] = readers;
    let text = '';
    const whole = new Promise<void>((resolve) =>
      late?.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('"type":"final"')) resolve();
      }),
    );
    late?.resume();
    await whole;
    expect([...text.matchAll(/"seq":(\d+)/gu)].map((match) => Number(match[1]))).toEqual(seqs);
    for (const socket of [late, ...others]) socket?.destroy();
  });

  it(`refuses ${ATTEMPTS} attempts with the right answer, and has kept nothing of them`, {
    timeout: 300_000,
  }, async () => {
    const upgrade = (token: string) =>
      [
        'GET /runtime HTTP/1.1',
        'host: x',
        'connection: upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        `authorization: Bearer ${token}`,
        '\r\n',
      ].join('\r\n');
    const submit =
      'POST /sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    const texts = [upgrade('wrong'), upgrade(KEYS.acme), submit];
    const files = openFiles(broker.pid);
    let answered = 0;
    const attack = async (attempts: number) => {
      const one = async (n: number) => {
        for (let i = n; i < attempts; i += AT_ONCE) {
          const reply = await say(texts[i % texts.length] ?? '');
          if (!reply.startsWith('HTTP/1.1 401')) throw new Error(`attempt ${i}: ${reply.slice(0, 200)}`);
          answered++;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => one(n)));
      await until('its connections are closed', () => openFiles(broker.pid) <= files + 10);
    };
    // By then the heap has the size that such a load needs; what is kept of each attempt would come on top.
    await attack(ATTEMPTS / 2);
    const before = rssBytes();
    await attack(ATTEMPTS / 2);
    expect(answered).toBe(ATTEMPTS);
    expect(rssBytes() - before).toBeLessThan(100 * MIB);
    // On a machine that has little time for it the runtime may have been given up meanwhile: it comes back.
    await until('others are served', async () => {
      const end = await client(KEYS.other)
        .run({ code: 'return 1' })
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'NO_RUNTIME' }));
      return end?.final?.ok === true;
    });
  });
});

describe('a broker that does not wait long for a request', { timeout: 60_000 }, () => {
  it.each([
    ['a head', 'POST /sessions HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['a body', 'POST /sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{'],
  ])('cuts those who dribble %s, and serves others meanwhile', async (_what, text) => {
    await using broker = await startChild('guarded-broker.ts', [`${KEYS.acme} acme`, TOKEN, '4000']);
    const port = Number(new URL(broker.line).port);
    const files = openFiles(broker.pid);
    const closed = Array.from({ length: 100 }, async () => {
      const socket = await dial(port);
      socket.on('error', () => {});
      socket.resume();
      socket.write(text);
      const dribble = setInterval(() => socket.write('x'), 100);
      await new Promise((resolve) => socket.once('close', resolve));
      clearInterval(dribble);
    });
    const client = new EnclaveClient({ serverUrl: broker.line, apiKey: KEYS.acme });
    expect((await client.run({ code: 'return 1' })).final?.ok).toBe(true);
    await Promise.all(closed);
    await until('their connections are closed', () => openFiles(broker.pid) <= files + 10);
  });
});

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
