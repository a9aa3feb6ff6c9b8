// One session, however it is asked for: SSE, NDJSON, polling; from the broker that took it or from another; from any event on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { hasRedis } from '../support/redis-server.ts';

const CODE = `console.log("one"); const who = await callTool("note", { who: args.who, waitMs: args.waitMs ?? 0 });
console.log("two"); return who;`;
const TYPES = ['session_init', 'started', 'log', 'tool_call', 'tool_result_applied', 'log', 'final'];
const TIMEOUT = 60_000;

type Json = Record<string, unknown>;

describe.skipIf(!hasRedis())('two brokers', { timeout: TIMEOUT }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'enclave-protocols-'));
  const ledger = join(folder, 'ledger');
  let fleet: Fleet;
  let a: string;
  let b: string;
  beforeAll(async () => {
    writeFileSync(ledger, '');
    fleet = await startFleet({
      redisArgs: [],
      brokers: 2,
      runtimes: 1,
      brokerFixture: 'chaos-broker.ts',
      brokerArgs: [ledger],
    });
    [a = '', b = ''] = fleet.urls;
  }, TIMEOUT);
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const json = async (response: Response) => (await response.json()) as Json;
  const ofSse = (text: string) =>
    [...text.matchAll(/^data: (.+)$/gmu)].map((match) => JSON.parse(match[1] ?? '') as Json);
  const ofNdjson = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Json);
  const stored = (events: readonly Json[]) => events.filter(({ type }) => TYPES.includes(String(type)));
  const stream = async (url: string, accept: string, headers: Record<string, string> = {}) => {
    const text = await (await fetch(url, { headers: { accept, ...headers } })).text();
    return stored(accept === 'text/event-stream' ? ofSse(text) : ofNdjson(text));
  };

  it('tell one session alike by SSE, NDJSON and polling, at either broker, live or later', async () => {
    const body = { code: CODE, input: { who: 'alike' } };
    const response = await post(`${a}/sessions`, body, { accept: 'text/event-stream' });
    const id = response.headers.get('x-session-id') ?? '';
    // The other broker streams it while it runs.
    const live = stream(`${b}/sessions/${id}/stream`, 'application/x-ndjson');
    const events = stored(ofSse(await response.text()));
    expect(events.map(({ type }) => type)).toEqual(TYPES);
    expect(await live).toEqual(events);
    for (const url of [a, b]) {
      for (const accept of ['text/event-stream', 'application/x-ndjson'])
        expect(await stream(`${url}/sessions/${id}/stream`, accept)).toEqual(events);
      expect(await json(await fetch(`${url}/tasks/${id}`))).toEqual({ status: 'completed', result: 'alike' });
      expect(await json(await fetch(`${url}/sessions/${id}`))).toMatchObject({
        sessionId: id,
        state: 'completed',
        result: 'alike',
        lastSeq: TYPES.length,
      });
    }
  });

  it('take a task at one and are asked for it at the other, until it is done', async () => {
    const response = await post(`${a}/tasks`, { code: CODE, input: { who: 'polled', waitMs: 300 } });
    expect(response.status).toBe(202);
    const { task_id: id } = await json(response);
    expect(response.headers.get('location')).toBe(`/tasks/${String(id)}`);
    const seen: unknown[] = [];
    await expect
      .poll(
        async () => {
          const task = await json(await fetch(`${b}/tasks/${String(id)}`));
          seen.push(task['status']);
          return task;
        },
        { timeout: TIMEOUT },
      )
      .toEqual({ status: 'completed', result: 'polled' });
    expect(new Set(seen)).toEqual(new Set(['processing', 'completed']));
  });

  it('resume after any event, by Last-Event-ID or fromSeq, at the broker that did not serve it before', async () => {
    const { sessionId } = await new EnclaveClient({ serverUrl: a }).run({
      code: CODE,
      input: { who: 'resumed' },
    });
    const text = await (
      await fetch(`${a}/sessions/${sessionId}/stream`, { headers: { accept: 'text/event-stream' } })
    ).text();
    const ids = [...text.matchAll(/^id: (\d+-[1-9]\d*)$/gmu)].map((match) => match[1] ?? '');
    expect(ids).toHaveLength(TYPES.length);
    for (const [i, id] of ids.entries()) {
      const path = `${b}/sessions/${sessionId}/stream`;
      const after = await stream(path, 'text/event-stream', { 'last-event-id': id });
      expect(after.map(({ type }) => type)).toEqual(TYPES.slice(i + 1));
      const from = await stream(`${path}?fromSeq=${i + 1}`, 'application/x-ndjson');
      expect(from.map(({ type }) => type)).toEqual(TYPES.slice(i));
    }
  });

  it('run a submit once that came to both with one key, and refuse the key with another body', async () => {
    const headers = { 'idempotency-key': 'at-both', accept: 'application/json' };
    const body = { code: CODE, input: { who: 'keyed', waitMs: 100 } };
    const replies = await Promise.all(
      Array.from({ length: 10 }, async (_, i) =>
        json(await post(`${i % 2 === 0 ? a : b}/sessions?wait=30000`, body, headers)),
      ),
    );
    expect(new Set(replies.map(({ sessionId }) => sessionId)).size).toBe(1);
    for (const reply of replies) expect(reply).toMatchObject({ state: 'completed', result: 'keyed' });
    const calls = readFileSync(ledger, 'utf8')
      .split('\n')
      .filter((line) => line === 'keyed');
    expect(calls).toHaveLength(1);
    const other = await post(`${b}/tasks`, { ...body, input: { who: 'another' } }, headers);
    expect(other.status).toBe(422);
    expect(await json(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('cancel at one what runs at the other', async () => {
    const client = new EnclaveClient({ serverUrl: a });
    const result = await client.run(
      { code: CODE, input: { who: 'cancelled', waitMs: 30_000 } },
      {
        onEvent: ({ type, sessionId }) => {
          if (type === 'tool_call') void new EnclaveClient({ serverUrl: b }).cancel(sessionId);
        },
      },
    );
    expect(result).toMatchObject({ state: 'cancelled', final: { ok: false, error: { code: 'CANCELLED' } } });
  });

  it('refuse what they cannot give', async () => {
    const accept = await post(`${a}/sessions`, { code: 'return 1' }, { accept: 'text/html' });
    expect([accept.status, (await json(accept))['code']]).toEqual([406, 'NOT_ACCEPTABLE']);
    const wait = await post(`${a}/sessions?wait=soon`, { code: 'return 1' });
    expect([wait.status, (await json(wait))['code']]).toEqual([400, 'INVALID_INPUT']);
    const lastId = await fetch(`${a}/sessions/s_1/stream`, { headers: { 'last-event-id': 'seven' } });
    expect([400, 404]).toContain(lastId.status);
  });
});
