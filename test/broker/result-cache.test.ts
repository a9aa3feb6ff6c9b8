// Kept results: who gets one, and who never does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalJson } from '../../src/broker/result-cache.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { defineTool } from '../../src/tools/define-tool.ts';

const ACME = 'key-of-acme-0123456789';
const OTHER = 'key-of-other-012345678';
let calls = 0;
const tool = (name: string, effect: 'read' | 'idempotent') =>
  defineTool({
    name,
    description: 'Counts its calls',
    args: z.object({}),
    effect,
    handler: () => ++calls,
  });

describe('the result cache', () => {
  const broker = new EnclaveBroker({
    auth: { apiKeys: `${ACME} acme\n${OTHER} other`, runtimeToken: 'runtime-token-012345' },
    tools: [tool('look', 'read'), tool('write', 'idempotent')],
  });
  let runtime: EnclaveRuntime;
  let url: string;
  beforeAll(async () => {
    ({ url } = await broker.listen(0));
    runtime = new EnclaveRuntime({ brokerUrl: url, token: 'runtime-token-012345', workerPool: { size: 1 } });
    await runtime.connect();
  });
  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]();
    await broker.close();
  });

  const run = async (body: object, key = ACME) => {
    const response = await fetch(`${url}/sessions?wait=20000`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${key}`,
      },
      body: JSON.stringify(body),
    });
    const { result, state, cached } = (await response.json()) as Record<string, unknown>;
    return { result, state, cached, cache: response.headers.get('x-enclave-cache') };
  };
  /** A script of its own for each test: the number tells whether it ran again. */
  const script = (name: string) => `/* ${name} */ return [args.n, Math.random()];`;

  it('gives the same result for the same script and input, and marks it', async () => {
    const body = { code: script('same'), input: { n: 1, m: { b: 1, a: 2 } }, cache: {} };
    const first = await run(body);
    expect(first).toMatchObject({ state: 'completed', cache: 'miss', cached: undefined });
    const again = await run({ ...body, input: { m: { a: 2, b: 1 }, n: 1 } });
    expect(again).toMatchObject({ cache: 'hit', cached: true, result: first.result });
    expect((await run({ ...body, input: { n: 2 } })).cache).toBe('miss');
    expect((await run({ ...body, limits: { cpuMs: 500 } })).cache).toBe('miss');
    expect((await run({ ...body, tools: ['look'] })).cache).toBe('miss');
    const unasked = await run({ code: body.code, input: body.input });
    expect(unasked.cache).toBeNull();
    expect(unasked.result).not.toEqual(first.result);
  });

  it('streams a kept result as any other session', async () => {
    const body = JSON.stringify({ code: script('stream'), cache: {} });
    const stream = async () => {
      const response = await fetch(`${url}/sessions`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/x-ndjson',
          authorization: `Bearer ${ACME}`,
        },
        body,
      });
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      return {
        cache: response.headers.get('x-enclave-cache'),
        types: lines.map((line) => (JSON.parse(line) as { type: string }).type),
      };
    };
    const events = ['session_init', 'started', 'final'];
    expect(await stream()).toEqual({ cache: 'miss', types: events });
    expect(await stream()).toEqual({ cache: 'hit', types: events });
  });

  it('never crosses from one tenant to another, unless both share', async () => {
    const own = { code: script('tenants'), cache: {} };
    await run(own);
    expect((await run(own, OTHER)).cache).toBe('miss');
    const shared = { ...own, cache: { shared: true } };
    expect((await run(shared, OTHER)).cache).toBe('miss');
    expect((await run(shared)).cache).toBe('hit');
    // What was kept without sharing stays where it was.
    expect((await run({ ...own, code: script('tenants 2') })).cache).toBe('miss');
    expect((await run({ ...shared, code: script('tenants 2') }, OTHER)).cache).toBe('miss');
  });

  it('keeps what only read, and nothing of what wrote or failed', async () => {
    const read = { code: 'return await callTool("look", {});', cache: {} };
    expect((await run(read)).cache).toBe('miss');
    const before = calls;
    expect((await run(read)).cache).toBe('hit');
    expect(calls).toBe(before);
    const wrote = { code: 'return await callTool("write", {});', cache: {} };
    expect([(await run(wrote)).cache, (await run(wrote)).cache]).toEqual(['miss', 'miss']);
    expect(calls).toBe(before + 2);
    const failed = { code: 'throw new Error("no")', cache: {} };
    expect([(await run(failed)).cache, (await run(failed)).cache]).toEqual(['miss', 'miss']);
  });

  it('keeps nothing longer than asked', async () => {
    const body = { code: script('ttl'), cache: { ttl: 1 } };
    await run(body);
    await expect.poll(async () => (await run(body)).cache).toBe('miss');
    expect((await run({ ...body, cache: { ttl: 0 } })).state).toBeUndefined();
  });
});

describe('canonicalJson()', () => {
  it('is the same for the same value, however its keys were written', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
  });
});
