import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

/** Cannot be interrupted by V8. */
const STUCK = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';

describe('createPool()', () => {
  it('lists everything that is wrong with its options', () => {
    expect(() => createPool({ poolSize: 0, maxQueue: -1, limits: { cpuMs: 0 } })).toThrow(
      /3 problems[\s\S]*limits\.cpuMs[\s\S]*poolSize[\s\S]*maxQueue/u,
    );
  });

  it('refuses at once when the queue is full, and ends the queued when disposed', async () => {
    const pool = createPool({ poolSize: 1, maxQueue: 1, maxLivePerWorker: 1 });
    await pool.ready();
    const first = pool.execute({ source: 'await new Promise(() => {})' });
    const second = pool.execute({ source: 'return 2' });
    const third = await pool.execute({ source: 'return 3' });
    expect(third.error?.code).toBe('QUEUE_FULL');
    expect(pool.stats()).toMatchObject({ queued: 1, live: 1 });
    await pool[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    expect((await first).error?.code).toBe('SHUTTING_DOWN');
    expect((await second).error?.code).toBe('SHUTTING_DOWN');
    expect((await pool.execute({ source: 'return 4' })).error?.code).toBe('SHUTTING_DOWN');
  });

  it('ends one that waits too long, and lets tenants take turns', async () => {
    await using pool = createPool({ poolSize: 1, maxLivePerWorker: 1 });
    const order: string[] = [];
    const controller = new AbortController();
    const blocker = pool.execute({ source: 'await new Promise(() => {})', signal: controller.signal });
    const late = await pool.execute({ source: 'return 1', limits: { queueMs: 1 } });
    expect(late.error?.code).toBe('QUEUE_TIMEOUT');
    const runs = ['a', 'a', 'a', 'b'].map(async (tenant) => {
      await pool.execute({ source: 'return 1', tenant });
      order.push(tenant);
    });
    controller.abort();
    await Promise.all([blocker, ...runs]);
    expect(order).toEqual(['a', 'b', 'a', 'a']);
  });

  it('gives every execution of a killed host one outcome: run again without tool calls, interrupted with', async () => {
    let called = (): void => undefined;
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    await using pool = createPool({
      poolSize: 1,
      toolHandler: (name) => {
        if (name === 'now') return 'now';
        called();
        return new Promise(() => undefined);
      },
    });
    const withCall = pool.execute({ source: 'await callTool("now"); return await callTool("never")' });
    const without = Array.from({ length: 20 }, (_, i) =>
      pool.execute({ source: 'await null; return args', args: i }),
    );
    await Promise.all([isCalled, ...without]);
    process.kill(pidOfHost(pool), 'SIGKILL');
    expect((await withCall).error?.code).toBe('INTERRUPTED');
    expect((await pool.execute({ source: 'return 1' })).value).toBe(1);
    expect(pool.stats().lost).toBe(1);
  });

  it('blames a crash on the script that was running', async () => {
    await using pool = createPool({ poolSize: 1, limits: { cpuMs: 60_000 } });
    const { error } = await pool.execute({
      source: 'for (let i = 0; ; i++) console.log(i)',
      onEvent: ({ type }) => type === 'log' && process.kill(pidOfHost(pool), 'SIGSEGV'),
    });
    expect(error).toMatchObject({ code: 'SANDBOX_CRASHED', signal: 'SIGSEGV' });
  });

  it('runs bystanders of a killed script again, without the caller noticing', async () => {
    await using pool = createPool({ poolSize: 1 });
    await pool.ready();
    const killed = pool.execute({ source: STUCK, limits: { cpuMs: 50 } });
    const others = Array.from({ length: 10 }, (_, i) => pool.execute({ source: 'return args', args: i }));
    expect((await killed).error?.code).toBe('UNRESPONSIVE_KILLED');
    expect((await Promise.all(others)).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('refuses a script that has cost its host twice', async () => {
    await using pool = createPool({ poolSize: 1, limits: { cpuMs: 50 } });
    for (const code of ['UNRESPONSIVE_KILLED', 'UNRESPONSIVE_KILLED', 'QUARANTINED'])
      expect((await pool.execute({ source: STUCK })).error?.code).toBe(code);
    expect((await pool.execute({ source: 'return 1' })).value).toBe(1);
  });

  it('replaces a host after its number of executions without losing any', async () => {
    await using pool = createPool({ poolSize: 1, maxExecutionsPerWorker: 5 });
    const values = new Set<unknown>();
    for (let i = 0; pool.stats().recycled === 0 || i < 20; i++)
      values.add((await pool.execute({ source: 'return args', args: i })).value);
    expect(values.size).toBeGreaterThanOrEqual(20);
    expect(values.has(undefined)).toBe(false);
    expect(pool.stats().lost).toBe(0);
  });
});

describe('the end of the embedding process', () => {
  const program = new URL('../fixtures/programs/pool-owner.ts', import.meta.url).pathname;

  it('takes the host processes with it, even while one is stuck', async () => {
    const owner = spawn(process.execPath, [program, 'stuck'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    owner.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  });

  it('is not held up by an idle pool that nobody disposed', async () => {
    const owner = spawn(process.execPath, [program, 'idle'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [code] = (await once(owner, 'exit')) as [number];
    expect(code).toBe(0);
  });
});

/** Throws rather than answer 0, which would stand for the test's own process group. */
function pidOfHost(pool: Executor): number {
  const pid = pool.stats().hosts[0]?.pid ?? 0;
  expect(pid).toBeGreaterThan(0);
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
