import { afterAll, describe, expect, it } from 'vitest';
import type { ExecutionOutcome, ExecutionRequest } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

const pool = createPool({
  poolSize: 1,
  isolation: 'context',
  maxWorkerMemory: 32 * 2 ** 20,
  limits: { cpuMs: 20_000, queueMs: 120_000, wallMs: 120_000 },
  toolHandler: (name, args, { signal }) =>
    name === 'echo'
      ? args
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
});
afterAll(() => pool[Symbol.asyncDispose]());

function run(source: string, rest: Omit<ExecutionRequest, 'source'> = {}): Promise<ExecutionOutcome> {
  return pool.execute({ source, ...rest });
}

describe("isolation: 'context'", () => {
  it('gives every execution a fresh global object and fresh built-ins', async () => {
    await run('globalThis.left = 1; Array.prototype.left = 2; Object.freeze(Math); "a".match(/a/); return 1');
    const { value, stats } = await run(
      'return [typeof left, [].left, Object.isFrozen(Math), RegExp.lastMatch]',
    );
    expect(value).toEqual(['undefined', null, false, '']);
    expect(stats.isolation).toBe('context');
  });

  it('never shares an isolate between tenants: the bomb of one does not end what another has suspended', async () => {
    const controller = new AbortController();
    const bombed: Promise<ExecutionOutcome>[] = [];
    const neighbour = await run('await callTool("hang")', {
      tenant: 'quiet',
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type !== 'tool_call') return;
        const bomb = run('const a = []; for (;;) a.push({})', { tenant: 'loud' });
        bombed.push(bomb);
        void bomb.then(() => controller.abort());
      },
    });
    expect((await bombed[0])?.error?.code).toBe('MEMORY_LIMIT');
    expect(neighbour.error?.code).toBe('CANCELLED');
  });

  it('ends the suspended siblings of a memory bomb, and runs those again that called no tool', async () => {
    const pids: (number | undefined)[] = [];
    let entered = (): void => undefined;
    const isWaiting = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const sibling = run('return await callTool("hang")', {
      tenant: 'bomb',
      onEvent: (event) => event.type === 'tool_call' && entered(),
    });
    await isWaiting;
    const bomb = run('const a = []; for (;;) a.push({})', { tenant: 'bomb' });
    const other = run('return 7', { tenant: 'bomb' });
    expect((await bomb).error?.code).toBe('MEMORY_LIMIT');
    expect((await sibling).error?.code).toBe('INTERRUPTED');
    const { value, stats } = await other;
    expect(value).toBe(7);
    pids.push(stats.hostPid, (await run('return 1')).stats.hostPid);
    expect(pids[0]).toBe(pids[1]);
  });

  it('stops loops of one script without its siblings noticing', async () => {
    const [loop, ...others] = await Promise.all([
      run('for(;;) await null', { limits: { cpuMs: 50 } }),
      ...Array.from({ length: 20 }, (_, i) => run('return await callTool("echo", args)', { args: i })),
    ]);
    expect(loop?.error?.code).toBe('CPU_TIMEOUT');
    expect(others.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('outlives the rotation of its isolates', async () => {
    const runs = Array.from({ length: 1_200 }, (_, i) =>
      run('return await callTool("echo", args)', { args: i }),
    );
    const values = (await Promise.all(runs)).map(({ value }) => value);
    expect(values).toEqual(Array.from({ length: 1_200 }, (_, i) => i));
  });
});
