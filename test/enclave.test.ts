import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { createWorkerPoolAdapter, Enclave, EnclavePool, type ExecutionResult } from '../src/index.ts';

const SILENT = 'await new Promise(() => {})';

describe('Enclave', () => {
  it('runs the first example of the published guide', async () => {
    const executeTool = async (name: string, args: unknown): Promise<unknown> => ({ name, args });
    const enclave = new Enclave({
      adapter: createWorkerPoolAdapter({
        poolSize: 4,
        maxWorkerMemory: 128 * 1024 * 1024,
        maxExecutionsPerWorker: 1000,
        idleTimeout: 60000,
      }),
      toolHandler: async (name, args) => {
        return executeTool(name, args);
      },
    });
    const result = await enclave.run('console.log("hello"); return await callTool("greet", { who: "you" })');
    expect(result).toMatchObject({
      success: true,
      value: { name: 'greet', args: { who: 'you' } },
      stats: { toolCallCount: 1, isolation: 'isolate' },
      logs: [{ level: 'log', text: 'hello' }],
    });
    expect(result.error).toBeUndefined();
    await enclave.dispose();
    await enclave.dispose();
  });
});

describe('EnclavePool', () => {
  const pool = new EnclavePool(3, {
    adapter: createWorkerPoolAdapter({ poolSize: 1 }),
    toolHandler: (_name, args) => args,
  });
  afterAll(() => pool.dispose());

  it('runs more than it has enclaves, over one set of host processes', async () => {
    const runs = Array.from({ length: 10 }, (_, i) =>
      pool.execute('return await callTool("echo", args)', { args: i }),
    );
    const results = await Promise.all(runs);
    expect(results.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(results.map(({ stats }) => stats.hostPid)).size).toBe(1);
  });

  it('refuses a size that is none', () => {
    expect(() => new EnclavePool(0)).toThrow(/size: expected a whole number from 1 to 10000, got 0/u);
  });

  it('bounds what waits for an enclave: in number, in time, and by its signal', async () => {
    const adapter = createWorkerPoolAdapter({ poolSize: 1, maxQueue: 2 });
    const small = new EnclavePool(1, { adapter });
    const first = small.execute(SILENT);
    const cancel = new AbortController();
    const cancelled = small.execute('return 1', { signal: cancel.signal });
    const late = small.execute('return 2', { limits: { queueMs: 10 } });
    const codes = async (runs: readonly Promise<ExecutionResult>[]) =>
      (await Promise.all(runs)).map(({ error }) => error?.code);
    expect(await codes([small.execute('return 3')])).toEqual(['QUEUE_FULL']);
    cancel.abort();
    expect(await codes([cancelled, late])).toEqual(['CANCELLED', 'QUEUE_TIMEOUT']);
    await small.dispose();
    expect(await codes([first, small.execute('return 4')])).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
  });
});

describe('drain()', () => {
  it.each(['Enclave', 'EnclavePool'])(
    'of an %s lets what was accepted end, and takes no more',
    async (kind) => {
      const answer = Promise.withResolvers<number>();
      const called = Promise.withResolvers<void>();
      const config = {
        adapter: createWorkerPoolAdapter({ poolSize: 1, maxLivePerWorker: 1 }),
        toolHandler: () => {
          called.resolve();
          return answer.promise;
        },
      };
      const enclave = new Enclave(config);
      const pool = new EnclavePool(1, config);
      const run = (code: string) => (kind === 'Enclave' ? enclave.run(code) : pool.execute(code));
      const running = run('return await callTool("slow")');
      const queued = run('return 2');
      await called.promise;
      const drained = kind === 'Enclave' ? enclave.drain() : pool.drain();
      expect((await run('return 3')).error?.code).toBe('SHUTTING_DOWN');
      answer.resolve(1);
      expect([(await running).value, (await queued).value]).toEqual([1, 2]);
      await drained;
      // The other user of the adapter goes on.
      expect((await (kind === 'Enclave' ? pool.execute('return 4') : enclave.run('return 4'))).value).toBe(4);
      await Promise.all([enclave.dispose(), pool.dispose()]);
    },
  );

  it.each([Enclave, EnclavePool])('ends what is left when its time is over: %o', async (Kind) => {
    const config = { adapter: createWorkerPoolAdapter({ poolSize: 1 }) };
    const enclave = Kind === Enclave ? new Enclave(config) : new EnclavePool(1, config);
    const silent = enclave instanceof Enclave ? enclave.run(SILENT) : enclave.execute(SILENT);
    await enclave.drain({ timeout: 20 });
    expect((await silent).error?.code).toBe('SHUTTING_DOWN');
  });

  it('lets a program that gets SIGTERM end in good order', async () => {
    const program = new URL('./fixtures/programs/draining-owner.ts', import.meta.url).pathname;
    const owner = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    owner.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (printed === 'called\n') owner.kill('SIGTERM');
    });
    const [code] = (await once(owner, 'close')) as [number];
    expect({ code, printed }).toEqual({ code: 0, printed: 'called\nSHUTTING_DOWN\n["answered",2]\n' });
  });
});
