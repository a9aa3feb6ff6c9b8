// The link to Redis is reset just after a change was written and before its answer came. Whatever the change was: nothing
// runs twice, nothing is lost, and no session that never ran ends as if it had.
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { loadScript, type ScriptName } from '../../src/store/redis-scripts.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { type BareRuntime, type BareStart, bareRuntime } from '../support/bare-runtime.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis-server.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const HELLO = { slots: 1, instance: 'i' } as const;

/** `resent`: the next connection is there at once, and ioredis asks again by itself. `failed`: it is not, and the command fails. */
describe.skipIf(!hasRedis()).each(['resent', 'failed'] as const)('a lost answer, %s', (kind) => {
  let redis: TestRedis;
  let direct: Redis;
  let proxy: TcpProxy;
  let broker: EnclaveBroker;
  let client: EnclaveClient;
  let runtime: BareRuntime;
  let calls: number;

  beforeEach(async () => {
    calls = 0;
    redis = await startRedis();
    direct = new Redis(redis.port);
    for (const name of ['submit', 'claim', 'release', 'finish', 'tool-begin', 'tool-end'] as const)
      await direct.script('LOAD', loadScript(name).lua);
    proxy = await startProxy(redis.port);
    const count = defineTool({
      name: 'count',
      description: 'Counts its calls',
      args: z.object({}),
      effect: 'once',
      handler: () => ++calls,
    });
    broker = new EnclaveBroker({ redis: `redis://127.0.0.1:${proxy.port}`, tools: [count] });
    const { url } = await broker.listen(0);
    client = new EnclaveClient({ serverUrl: url, reconnection: { initialDelay: 50, maxAttempts: 100 } });
    runtime = await bareRuntime(url, HELLO);
  });
  afterEach(async () => {
    await broker?.close();
    await proxy?.[Symbol.asyncDispose]();
    direct?.disconnect();
    await redis?.[Symbol.asyncDispose]();
  });

  /** Does `work`, has the answer of the script cut off once what it writes is there, and mends the link. */
  const cutting = async (script: ScriptName, isWritten: () => Promise<boolean>, work: () => void) => {
    proxy.set({ kind: 'swallow-answers', after: loadScript(script).sha1 });
    work();
    await until(`${script} is written`, isWritten);
    if (kind === 'failed') {
      const before = proxy.accepted;
      proxy.set({ kind: 'refuse' });
      proxy.reset();
      // Both connections, the command's at least twice.
      await until('the broker dials in vain', () => proxy.accepted >= before + 4);
    }
    proxy.set({ kind: 'pass' });
    if (kind === 'resent') proxy.reset();
  };
  const sessionKeys = async () => (await direct.keys('session:*')).filter((key) => key.endsWith('}')).sort();
  const states = async () => await Promise.all((await sessionKeys()).map((key) => direct.hget(key, 'state')));
  const started = async (n = 1): Promise<BareStart> => {
    await until(`${n} starts`, () => runtime.starts.length >= n);
    const start = runtime.starts[n - 1];
    if (start === undefined) throw new Error('expected a start');
    return start;
  };
  const endsWell = async (run: ReturnType<EnclaveClient['run']>) =>
    expect((await run).final).toMatchObject({ ok: true, stats: { attempts: 1 } });

  it('of a creation that was a hand-out as well', async () => {
    let run = Promise.resolve() as unknown as ReturnType<EnclaveClient['run']>;
    // Nobody waits, as the broker knows once it has looked.
    await until(
      'the queue is known to be empty',
      async () => (await direct.exists('enclave:q:{any:0}:low')) === 1,
    );
    await cutting(
      'submit',
      async () => (await states()).includes('running'),
      () => {
        run = client.run({ code: 'one' });
      },
    );
    runtime.done(await started());
    await endsWell(run);
    expect(runtime.starts).toHaveLength(1);
  });

  it('of a claim', async () => {
    const first = client.run({ code: 'first' });
    const blocker = await started();
    const waiting = client.run({ code: 'second' });
    await until('the second is queued', async () => (await states()).includes('queued'));
    await cutting(
      'claim',
      async () => !(await states()).includes('queued'),
      () => runtime.done(blocker),
    );
    await endsWell(first);
    runtime.done(await started(2));
    await endsWell(waiting);
    expect(runtime.starts).toHaveLength(2);
  });

  it('of a release', async () => {
    const run = client.run({ code: 'one' });
    const { id, fence } = await started();
    await cutting(
      'release',
      async () => (await states()).includes('queued'),
      () => runtime.say({ type: 'refuse', id, fence }),
    );
    runtime.done(await started(2));
    await endsWell(run);
    expect(runtime.starts).toHaveLength(2);
  });

  it('of a tool call, begun or answered: it is made once', async () => {
    const run = client.run({ code: 'one' });
    const start = await started();
    const { id, fence } = start;
    const call = (callId: number) =>
      runtime.say({ type: 'tool_call', id, fence, callId, name: 'count', args: {} });
    const journal = async (callId: number) => await direct.hget(`session:{${id}}:tools`, `${callId}`);
    await cutting(
      'tool-begin',
      async () => (await journal(1)) !== null,
      () => call(1),
    );
    await until('the first call is answered', async () => (await journal(1))?.startsWith('ok') === true);
    await cutting(
      'tool-end',
      async () => (await journal(2))?.startsWith('ok') === true,
      () => call(2),
    );
    runtime.done(start);
    await endsWell(run);
    expect(calls).toBe(2);
  });

  it('of an end', async () => {
    const run = client.run({ code: 'one' });
    const start = await started();
    await cutting(
      'finish',
      async () => (await states()).includes('completed'),
      () => runtime.done(start, 7),
    );
    expect((await run).final).toMatchObject({ ok: true, result: 7 });
    expect(runtime.starts).toHaveLength(1);
  });
});
