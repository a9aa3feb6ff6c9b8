// Several brokers and runtimes on a real Redis, and what happens when one of them is killed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { startChild } from '../support/child.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';

const TIMEOUT = 60_000;
const LEASE_MS = 1_500;

/** Counts its calls: the ledger of effects. */
function holdTool(effect: 'read' | 'once', answer: () => Promise<string> | string) {
  return defineTool({
    name: `hold-${effect}`,
    description: 'Waits',
    args: z.object({}),
    effect,
    handler: answer,
  });
}

describe.skipIf(!hasRedis())('a fleet on redis', { timeout: TIMEOUT }, () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  it('runs a session of one broker on the runtime of another, and streams it from either', async () => {
    await using a = new EnclaveBroker({ redis: redis.url });
    await using b = new EnclaveBroker({ redis: redis.url });
    const [atA, atB] = [await a.listen(0), await b.listen(0)];
    await using _runtime = await startChild('runtime-process.ts', [atB.url]);
    const clientA = new EnclaveClient({ serverUrl: atA.url });
    const code = 'for (let i = 0; i < 5; i++) console.log(i); return args.n + 1;';
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => clientA.run({ code, input: { n } })),
    );
    for (const [n, result] of results.entries()) {
      expect(result.final).toMatchObject({ ok: true, result: n + 1 });
      expect(result.logs.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4']);
    }
    const again = await new EnclaveClient({ serverUrl: atB.url }).follow(results[0]?.sessionId ?? '');
    expect(again).toEqual(results[0]);
  });

  it('routes by labels', async () => {
    const rules = [
      { match: { priority: 'high' }, target: { name: 'fast' } },
      { match: { region: 'eu' }, target: { name: 'slow' } },
    ];
    await using broker = new EnclaveBroker({ redis: redis.url, routingRules: rules });
    const at = await broker.listen(0);
    const client = new EnclaveClient({ serverUrl: at.url, reconnection: { enabled: false } });
    await using _fast = await startChild('runtime-process.ts', [at.url, 'fast']);
    await expect(client.run({ code: 'return 1', labels: { region: 'eu' } })).rejects.toMatchObject({
      code: 'NO_RUNTIME',
    });
    expect((await client.run({ code: 'return 1', priority: 'high' })).final?.ok).toBe(true);
    await using _slow = await startChild('runtime-process.ts', [at.url, 'slow']);
    expect((await client.run({ code: 'return 2', labels: { region: 'eu' } })).final?.ok).toBe(true);
  });

  it('ends the session of a killed runtime as RUNTIME_LOST, and runs the next one elsewhere', async () => {
    const called = Promise.withResolvers<void>();
    const never = () => {
      called.resolve();
      return new Promise<string>(() => {});
    };
    await using broker = new EnclaveBroker({
      redis: redis.url,
      reattach: 100,
      tools: [holdTool('once', never)],
    });
    const at = await broker.listen(0);
    const client = new EnclaveClient({ serverUrl: at.url });
    await using runtime = await startChild('runtime-process.ts', [at.url]);
    const run = client.run({ code: 'return await callTool("hold-once", {});' });
    await called.promise;
    await runtime.kill();
    expect(await run).toMatchObject({
      state: 'failed',
      final: { ok: false, error: { code: 'RUNTIME_LOST' } },
    });
    await using _next = await startChild('runtime-process.ts', [at.url]);
    expect((await client.run({ code: 'return 1' })).final?.ok).toBe(true);
  });

  it.each([
    ['repeats a call that only reads', 'read', { ok: true, result: 'answered' }, 1],
    ['does not repeat a call that may happen once only', 'once', { ok: true, result: 'OUTCOME_UNKNOWN' }, 0],
  ] as const)(
    'after the kill of a broker the other takes its sessions over, and %s',
    async (_what, effect, final, calls) => {
      let answered = 0;
      const answer = () => {
        answered++;
        return 'answered';
      };
      await using other = new EnclaveBroker({
        redis: redis.url,
        lease: LEASE_MS,
        tools: [holdTool(effect, answer)],
      });
      const atOther = await other.listen(0);
      await using doomed = await startChild('broker-process.ts', [redis.url, `${LEASE_MS}`]);
      await using _runtime = await startChild('runtime-process.ts', [`${doomed.line},${atOther.url}`]);
      const code = `console.log("before");
      const r = await callTool("hold-${effect}", {}).catch((e) => e.code);
      console.log("after"); return r;`;
      const seen: SessionEvent[] = [];
      const client = new EnclaveClient({ serverUrl: doomed.line, reconnection: { enabled: false } });
      const killed = Promise.withResolvers<void>();
      const run = client.run(
        { code },
        {
          onEvent: (event) => {
            seen.push(event);
            if (event.type === 'tool_call') void doomed.kill().then(killed.resolve);
          },
        },
      );
      await expect(run).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      await killed.promise;
      const elsewhere = new EnclaveClient({ serverUrl: atOther.url });
      const { sessionId = '', seq = 0 } = seen.at(-1) ?? {};
      const rest = await elsewhere.follow(sessionId, {
        fromSeq: seq + 1,
        onEvent: (event) => seen.push(event),
      });
      expect(rest.final).toMatchObject(final);
      expect(answered).toBe(calls);
      // Gapless and without repeats over both brokers; each line once.
      expect(seen.map((event) => event.seq)).toEqual(seen.map((_, i) => i + 1));
      expect(seen.filter(({ type }) => type === 'log')).toHaveLength(2);
      expect(seen.filter(({ type }) => type === 'final')).toHaveLength(1);
    },
  );

  it('after the kill of a broker waits for the same answer of a client, and takes it', async () => {
    const approve = defineTool({
      name: 'approve',
      description: 'Asks a person',
      args: z.object({}),
      external: true,
    });
    await using other = new EnclaveBroker({ redis: redis.url, lease: LEASE_MS, tools: [approve] });
    const atOther = await other.listen(0);
    await using doomed = await startChild('broker-process.ts', [redis.url, `${LEASE_MS}`]);
    await using _runtime = await startChild('runtime-process.ts', [`${doomed.line},${atOther.url}`]);
    const asked = Promise.withResolvers<string>();
    const run = new EnclaveClient({ serverUrl: doomed.line, reconnection: { enabled: false } }).run(
      { code: 'return await callTool("approve", {});' },
      {
        onEvent: (event) => {
          if (event.type === 'tool_call') asked.resolve(event.sessionId);
        },
      },
    );
    const cut = expect(run).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const id = await asked.promise;
    await doomed.kill();
    await cut;
    const elsewhere = new EnclaveClient({ serverUrl: atOther.url });
    await elsewhere.answerToolCall(id, 1, { ok: true, result: 'yes' });
    expect((await elsewhere.follow(id)).final).toMatchObject({ ok: true, result: 'yes' });
  });

  it('takes what a dead broker had taken and not begun, or had begun and lost with its runtime', async () => {
    const doomed = await startChild('broker-process.ts', [redis.url, `${LEASE_MS}`]);
    const runtime = await startChild('runtime-process.ts', [doomed.line]);
    const id = await new EnclaveClient({ serverUrl: doomed.line }).submit({
      code: 'await callTool("hold-once", {})',
    });
    const client = new EnclaveClient({ serverUrl: doomed.line });
    await expect.poll(() => client.session(id), { timeout: TIMEOUT }).toMatchObject({ state: 'running' });
    await Promise.all([doomed.kill(), runtime.kill()]);
    await using other = new EnclaveBroker({ redis: redis.url, lease: LEASE_MS });
    const at = await other.listen(0);
    const found = await new EnclaveClient({ serverUrl: at.url }).follow(id);
    expect(found.final).toMatchObject({ ok: false, error: { code: 'RUNTIME_LOST' } });
  });

  it('fences a frozen runtime: its session ends, its late word counts for nothing', async () => {
    const called = Promise.withResolvers<void>();
    const go = Promise.withResolvers<string>();
    const wait = () => {
      called.resolve();
      return go.promise;
    };
    await using broker = new EnclaveBroker({
      redis: redis.url,
      heartbeatInterval: 300,
      reattach: 100,
      tools: [holdTool('once', wait)],
    });
    const at = await broker.listen(0);
    await using runtime = await startChild('runtime-process.ts', [at.url]);
    const client = new EnclaveClient({ serverUrl: at.url });
    const run = client.run({ code: 'return await callTool("hold-once", {});' });
    await called.promise;
    runtime.stop('SIGSTOP');
    const result = await run;
    expect(result.final).toMatchObject({ ok: false, error: { code: 'RUNTIME_LOST' } });
    go.resolve('late');
    runtime.stop('SIGCONT');
    const after = await client.follow(result.sessionId);
    expect(after).toEqual(result);
  });
});
