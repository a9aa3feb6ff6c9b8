import { afterAll, describe, expect, it } from 'vitest';
import { createWorkerPoolAdapter, Enclave, EnclavePool } from '../src/index.ts';

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
});
