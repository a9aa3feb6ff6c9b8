// The OpenAPI document against the server that serves it: every operation is there, and real answers are as it says.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { createLinkPair } from '../../src/protocol/link.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';

interface Media {
  readonly schema: object;
}
interface OperationObject {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly security?: readonly object[];
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: object };
}

const KEYS = `
ek_aaaaaaaaaaaaaaaa acme
ek_bbbbbbbbbbbbbbbb ops admin
ek_cccccccccccccccc other
ek_dddddddddddddddd acme read
`;
const RUN = 'ek_aaaaaaaaaaaaaaaa';
const ADMIN = 'ek_bbbbbbbbbbbbbbbb';

const tools = [
  defineTool({
    name: 'double',
    description: 'Twice a number',
    args: z.object({ n: z.number() }),
    effect: 'read',
    handler: ({ n }) => n * 2,
  }),
  defineTool({
    name: 'approve',
    description: 'Answered by the client',
    args: z.object({}),
    external: true,
  }),
] as readonly unknown[] as readonly Tool[];

describe('the OpenAPI document', () => {
  const broker = new EnclaveBroker({ tools, auth: { apiKeys: KEYS, runtimeToken: 'rt_0123456789abcdef' } });
  const runtime = new EnclaveRuntime({ workerPool: { size: 1 } });
  const tried = new Set<string>();
  let at: Listening;
  let document: Document;
  let ajv: Ajv2020;
  beforeAll(async () => {
    at = await broker.listen(0);
    const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
    broker.acceptRuntime(brokerEnd);
    await runtime.attach(runtimeEnd);
    document = (await (await fetch(`${at.url}/openapi.json`)).json()) as Document;
    ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: 'document', components: document.components });
  });
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await broker.close();
  });

  /** Asks for an operation of the document, checks the answer against it, and gives back its text. */
  async function ask(
    operation: string,
    options: {
      readonly path?: string;
      readonly key?: string;
      readonly body?: unknown;
      readonly accept?: string;
    } = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const [method = '', template = ''] = operation.split(' ');
    const { path = template, key = RUN, body, accept = 'application/json' } = options;
    const response = await fetch(`${at.url}${path}`, {
      method: method.toUpperCase(),
      headers: {
        accept,
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const described = document.paths[template]?.[method]?.responses[String(response.status)];
    expect(described, `${operation} answered ${response.status} ${text.slice(0, 200)}`).toBeDefined();
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const media = described?.content?.[type];
    expect(media, `${operation} answered ${response.status} as ${type}`).toBeDefined();
    if (type === 'application/json' && media !== undefined) {
      const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"document#/')) as object;
      const validate = ajv.compile(schema);
      expect(validate(JSON.parse(text)), `${operation}: ${ajv.errorsText(validate.errors)}\n${text}`).toBe(
        true,
      );
    }
    tried.add(operation);
    return { status: response.status, text };
  }
  const parse = (text: string) => JSON.parse(text) as Record<string, unknown>;

  it('says which version of OpenAPI it is, and names every operation once', () => {
    expect(document.openapi).toBe('3.1.0');
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]\w+$/u);
  });

  it('says truly what sessions answer', async () => {
    const submitted = await ask('post /sessions', {
      body: { code: 'return await callTool("double", {n: 4})' },
    });
    expect(submitted.status).toBe(202);
    const id = String(parse(submitted.text)['sessionId']);
    const waited = await ask('post /sessions', {
      path: '/sessions?wait=20000',
      body: { code: 'console.log(1); return args.n', input: { n: 3 }, labels: { a: 'b' } },
    });
    expect(parse(waited.text)).toMatchObject({ state: 'completed', result: 3, labels: { a: 'b' } });
    const failed = await ask('post /sessions', {
      path: '/sessions?wait=20000',
      body: { code: 'throw new TypeError("x")' },
    });
    expect(parse(failed.text)).toMatchObject({ state: 'failed', error: { code: 'SCRIPT_ERROR', line: 1 } });
    await expect
      .poll(async () => parse((await ask('get /sessions/{id}', { path: `/sessions/${id}` })).text)['state'], {
        timeout: 20_000,
      })
      .toBe('completed');
    const stream = await ask('get /sessions/{id}/stream', {
      path: `/sessions/${id}/stream?fromSeq=1`,
      accept: 'application/x-ndjson',
    });
    const validate = ajv.compile({ $ref: 'document#/components/schemas/SessionEvent' });
    const lines = stream.text.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(validate(JSON.parse(line)), ajv.errorsText(validate.errors)).toBe(true);
    await ask('post /sessions/{id}/cancel', { path: `/sessions/${id}/cancel`, body: {} });
    await ask('delete /sessions/{id}', { path: `/sessions/${id}` });
  });

  it('says truly what the answer to a call of an external tool answers', async () => {
    const { text } = await ask('post /sessions', { body: { code: 'return await callTool("approve", {})' } });
    const path = `/sessions/${String(parse(text)['sessionId'])}`;
    const answer = () =>
      ask('post /sessions/{id}/tool-result', {
        path: `${path}/tool-result`,
        body: { callId: 1, ok: true, result: 'yes' },
      });
    await expect.poll(async () => (await answer()).status, { timeout: 20_000 }).toBe(200);
    expect((await answer()).status).toBe(409);
  });

  it('says truly what refusals answer', async () => {
    expect((await ask('post /sessions', { body: { cod: 'x' } })).status).toBe(400);
    expect((await ask('post /sessions', { body: { code: 'x'.repeat(300_000) } })).status).toBe(413);
    expect((await ask('post /sessions', { body: { code: 'x', execution: 'durable' } })).status).toBe(422);
    expect((await ask('post /sessions', { body: { code: 'x' }, accept: 'image/png' })).status).toBe(406);
    expect((await ask('post /sessions', { body: { code: 'x' }, key: '' })).status).toBe(401);
    expect((await ask('get /sessions/{id}', { path: '/sessions/s_none' })).status).toBe(404);
    expect((await ask('get /sessions', { path: '/sessions?limit=0&state=odd&x=1' })).text).toMatch(
      /limit.*state.*x/su,
    );
    expect((await ask('get /sessions', { path: '/sessions?cursor=no' })).status).toBe(400);
  });

  it('says truly what tasks answer', async () => {
    const { text } = await ask('post /tasks', { body: { code: 'return "done"' } });
    const path = `/tasks/${String(parse(text)['task_id'])}`;
    await expect
      .poll(async () => parse((await ask('get /tasks/{id}', { path })).text)['status'], { timeout: 20_000 })
      .toBe('completed');
  });

  it('says truly what shows tools, fleet, figures and health', async () => {
    await ask('get /tools');
    await ask('get /runtimes', { key: ADMIN });
    await ask('get /metrics', { key: ADMIN, accept: '*/*' });
    await ask('get /healthz', { key: '' });
    await ask('get /readyz', { key: '' });
    await ask('get /openapi.json', { key: '' });
  });

  it('lists the sessions of the caller only, page by page', async () => {
    for (let i = 0; i < 3; i++)
      await ask('post /sessions', { path: '/sessions?wait=20000', body: { code: `return ${i}` } });
    const ids: string[] = [];
    let cursor = '';
    do {
      const { text } = await ask('get /sessions', {
        path: `/sessions?state=completed&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      });
      const page = JSON.parse(text) as { sessions: { sessionId: string }[]; cursor?: string };
      ids.push(...page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.cursor ?? '';
    } while (cursor !== '');
    expect(ids.length).toBeGreaterThanOrEqual(3);
    expect(new Set(ids).size).toBe(ids.length);
    const others = await ask('get /sessions', { key: 'ek_cccccccccccccccc' });
    expect(parse(others.text)).toEqual({ sessions: [] });
  });

  it('is kept to by the scopes of keys', async () => {
    expect((await ask('get /runtimes')).status).toBe(403);
    expect((await ask('get /metrics')).status).toBe(403);
    expect((await ask('post /sessions', { key: 'ek_dddddddddddddddd', body: { code: 'x' } })).status).toBe(
      403,
    );
    expect((await ask('get /sessions', { key: 'ek_dddddddddddddddd' })).status).toBe(200);
    expect((await ask('get /sessions', { key: ADMIN })).status).toBe(403);
    expect((await fetch(`${at.url}/sessions`, { method: 'HEAD' })).status).toBe(401);
    expect((await fetch(`${at.url}/nothing`)).status).toBe(401);
  });

  it('has no operation that the server has not: all of them have answered', () => {
    // The reverse, no route without an operation, is checked by the server itself whenever it starts.
    const all = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(all.filter((operation) => !tried.has(operation))).toEqual([]);
  });
});
