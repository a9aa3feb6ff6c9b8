import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createPool } from '../../src/pool/pool.ts';
import { mayRaisePriority } from '../../src/pool/priority.ts';

const FOR_EVER = 'await new Promise(() => {})';

describe('the upkeep of a pool', () => {
  it('lets a tenant have so many live executions, and others pass', async () => {
    await using pool = createPool({ poolSize: 1, maxLivePerTenant: 1 });
    const stop = new AbortController();
    const first = pool.execute({ source: FOR_EVER, tenant: 'a', signal: stop.signal });
    const second = pool.execute({ source: 'return 2', tenant: 'a' });
    expect((await pool.execute({ source: 'return 3', tenant: 'b' })).value).toBe(3);
    expect(pool.stats()).toMatchObject({ queued: 1, live: 1 });
    stop.abort();
    expect((await first).error?.code).toBe('CANCELLED');
    expect((await second).value).toBe(2);
  });

  it('stops idle host processes but one, and brings them back for work', async () => {
    await using pool = createPool({ poolSize: 2, idleTimeout: 1, standby: false });
    await pool.ready();
    await pool.execute({ source: 'return 1' });
    await expect.poll(() => pool.stats().hosts.length, { timeout: 20_000 }).toBe(1);
    const [kept] = pool.stats().hosts;
    const stop = new AbortController();
    const waiting = [1, 2].map(() => pool.execute({ source: FOR_EVER, signal: stop.signal }));
    await expect.poll(() => pool.stats().hosts.length, { timeout: 20_000 }).toBe(2);
    stop.abort();
    await Promise.all(waiting);
    expect((await pool.execute({ source: 'return 1' })).value).toBe(1);
    expect(pool.stats().lost).toBe(0);
    expect(kept?.pid).toBeGreaterThan(0);
  });

  it('has a host process in reserve that takes the place of a lost one', async () => {
    await using pool = createPool({ poolSize: 1 });
    const before = (await pool.execute({ source: 'return 1' })).stats.hostPid ?? 0;
    expect(before).toBeGreaterThan(0);
    await expect.poll(() => pool.stats().hosts.length, { timeout: 20_000 }).toBe(2);
    const reserve = pool.stats().hosts.find(({ pid }) => pid !== before)?.pid ?? 0;
    // It takes what others leave until it is needed.
    expect(getPriority(reserve) - getPriority()).toBe(mayRaisePriority() ? 15 : 5);
    process.kill(before, 'SIGKILL');
    await expect.poll(() => pool.stats().lost, { timeout: 20_000 }).toBe(1);
    expect((await pool.execute({ source: 'return 1' })).stats.hostPid).toBe(reserve);
    expect(getPriority(reserve) - getPriority()).toBe(5);
  });

  it('replaces host processes that began together one after the other', async () => {
    await using pool = createPool({ poolSize: 2, maxExecutionsPerWorker: 200, standby: false });
    await pool.ready();
    const replacedAt: number[] = [];
    for (let ran = 1; replacedAt.length < 2; ran++) {
      await pool.execute({ source: 'return 1' });
      while (replacedAt.length < pool.stats().recycled) replacedAt.push(ran);
    }
    const [first = 0, second = 0] = replacedAt;
    // Ties take turns, so both have run as many.
    expect(first).toBeGreaterThanOrEqual(2 * 0.75 * 200);
    expect(second - first).toBeGreaterThan(20);
  });

  for (const [why, options] of [
    ['age', { maxWorkerAge: 1 }],
    ['memory', { maxWorkerRss: 1 }],
  ] as const)
    it(`replaces a host process for its ${why} without losing an execution`, async () => {
      if (why === 'memory' && process.platform !== 'linux') return;
      await using pool = createPool({ poolSize: 1, ...options });
      const values: unknown[] = [];
      const pids = new Set<number | undefined>();
      while (pids.size < 2) {
        const { value, stats } = await pool.execute({ source: 'return args', args: values.length });
        values.push(value);
        pids.add(stats.hostPid);
      }
      expect(values).toEqual(values.map((_, index) => index));
      expect(pool.stats().recycled).toBeGreaterThanOrEqual(1);
      expect(pool.stats().lost).toBe(0);
    });

  it('drains: what was accepted comes to its end, nothing more is taken, the processes are gone', async () => {
    const called = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<number>();
    const pool = createPool({
      poolSize: 1,
      maxLivePerWorker: 1,
      toolHandler: () => {
        called.resolve();
        return answer.promise;
      },
    });
    const running = pool.execute({ source: 'return await callTool("slow")' });
    const queued = pool.execute({ source: 'return 2' });
    await called.promise;
    const drained = pool.drain();
    expect((await pool.execute({ source: 'return 3' })).error?.code).toBe('SHUTTING_DOWN');
    answer.resolve(1);
    expect([(await running).value, (await queued).value]).toEqual([1, 2]);
    await Promise.all([drained, pool.drain()]);
    expect(pool.stats().hosts).toEqual([]);
  });

  it('drains an idle pool at once', async () => {
    const pool = createPool({ poolSize: 1 });
    await pool.drain();
    expect(pool.stats().hosts).toEqual([]);
  });

  // `eval` keeps every source it has seen and looks through them; a text that comes again must not become slower each time.
  it('runs one source 5,000 times at the same price', async () => {
    await using pool = createPool({ poolSize: 1, isolation: 'context' });
    const cpuMs: number[] = [];
    const user = async (): Promise<void> => {
      while (cpuMs.length < 5_000) cpuMs.push((await pool.execute({ source: 'return 1' })).stats.cpuMs);
    };
    await Promise.all(Array.from({ length: 32 }, user));
    const mean = (numbers: readonly number[]): number =>
      numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean(cpuMs.slice(-500))).toBeLessThan(2 * mean(cpuMs.slice(0, 500)));
  });
});
