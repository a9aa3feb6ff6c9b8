// What happens to executions when others, their callers, their tools or their host do not behave.
import { describe, expect, it } from 'vitest';
import type { ExecutionEvent, ExecutionOutcome, Executor } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

/** Cannot be interrupted by V8. */
const STUCK = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';
const SILENT = 'await new Promise(() => {})';

describe('a killed host with a hundred suspended executions', () => {
  it.each(['isolate', 'context'] as const)(
    'in %s mode: one outcome each, a second run for those without tool calls',
    async (isolation) => {
      const half = 50;
      let calls = 0;
      const allCalled = Promise.withResolvers<void>();
      const cancels = Array.from({ length: half }, () => new AbortController());
      const starts = cancels.map(() => 0);
      let begun = 0;
      const allBegun = Promise.withResolvers<void>();
      await using pool = createPool({
        poolSize: 1,
        isolation,
        standby: false,
        toolHandler: () => {
          if (++calls === half) allCalled.resolve();
          return new Promise(() => undefined);
        },
      });
      const finals: number[] = [];
      const watch =
        (index: number) =>
        (event: ExecutionEvent): void => {
          if (event.type === 'final') finals[index] = (finals[index] ?? 0) + 1;
        };
      const callers = cancels.map((_, i) =>
        pool.execute({ source: 'await callTool("never")', onEvent: watch(i) }),
      );
      const silent = cancels.map(({ signal }, i) =>
        pool.execute({
          source: SILENT,
          signal,
          onEvent: (event) => {
            watch(half + i)(event);
            if (event.type !== 'started') return;
            starts[i] = (starts[i] ?? 0) + 1;
            if (starts[i] === 1 && ++begun === half) allBegun.resolve();
            if (starts[i] === 2) cancels[i]?.abort();
          },
        }),
      );
      await Promise.all([allCalled.promise, allBegun.promise]);
      process.kill(pidOfHost(pool), 'SIGKILL');
      expect(codes(await Promise.all(callers))).toEqual({ INTERRUPTED: half });
      expect(codes(await Promise.all(silent))).toEqual({ CANCELLED: half });
      expect(starts).toEqual(cancels.map(() => 2));
      expect(finals).toEqual(Array.from({ length: 2 * half }, () => 1));
      expect(calls).toBe(half);
      expect((await pool.execute({ source: 'return 1' })).value).toBe(1);
      expect(pool.stats()).toMatchObject({ queued: 0, lost: 1 });
    },
  );
});

describe('a source that crashes its host', () => {
  it('is refused from the second time on, also where it waits already, in the queue or beside the culprit', async () => {
    await using pool = createPool({ poolSize: 1, maxLivePerWorker: 3, limits: { cpuMs: 50 } });
    const all = Array.from({ length: 12 }, (_, i) => pool.execute({ source: STUCK, tenant: `tenant ${i}` }));
    expect(codes(await Promise.all(all))).toEqual({ UNRESPONSIVE_KILLED: 2, QUARANTINED: 10 });
    expect(pool.stats()).toMatchObject({ queued: 0, live: 0, lost: 2 });
  });
});

describe('cancelling a script that is stuck in native code', () => {
  it('settles it at once; its host is killed and the bystanders run again', async () => {
    await using pool = createPool({ poolSize: 1, limits: { cpuMs: 50 } });
    await pool.ready();
    const host = pidOfHost(pool);
    const cancel = new AbortController();
    const order: string[] = [];
    // The only line there may be leaves the worker at once: it tells that the native call is next.
    const stuck = pool
      .execute({
        source: `console.log("on"); ${STUCK}`,
        limits: { maxConsoleCalls: 1 },
        signal: cancel.signal,
        onEvent: ({ type }) => type === 'log' && cancel.abort(),
      })
      .finally(() => order.push('stuck'));
    const bystander = pool.execute({ source: 'return 7' }).finally(() => order.push('bystander'));
    expect((await stuck).error?.code).toBe('CANCELLED');
    const { value, stats } = await bystander;
    expect(value).toBe(7);
    expect(stats.hostPid).not.toBe(host);
    expect(order).toEqual(['stuck', 'bystander']);
    expect(pool.stats().lost).toBe(1);
  });
});

describe('a tool that answers too late', () => {
  it('changes nothing: neither the outcome of its execution nor those that follow', async () => {
    const answers: ((value: string) => void)[] = [];
    await using pool = createPool({
      poolSize: 1,
      isolation: 'context',
      toolHandler: () => new Promise((resolve) => answers.push(resolve)),
    });
    const events: string[] = [];
    const onEvent = ({ type }: ExecutionEvent): void => void events.push(type);
    const late = await pool.execute({ source: 'await callTool("x")', limits: { wallMs: 50 }, onEvent });
    expect(late.error?.code).toBe('WALL_TIMEOUT');
    const seen = [...events];
    // The next execution is suspended in the same isolate, with a call of the same number.
    const next = pool.execute({ source: 'return await callTool("x")' });
    await expect.poll(() => answers.length).toBe(2);
    answers[0]?.('late');
    answers[1]?.('in time');
    expect((await next).value).toBe('in time');
    expect(events).toEqual(seen);
  });

  it('has been told so by its signal, and its script goes on after the time-out of the call', async () => {
    let answer = (_value: string): void => undefined;
    let reason: unknown;
    await using pool = createPool({
      poolSize: 1,
      toolHandler: (name, _args, { signal }) => {
        if (name === 'quick') return 'quick';
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          answer('late');
        });
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const source =
      'const code = await callTool("slow").catch(({ code }) => code); return [code, await callTool("quick")]';
    const { value } = await pool.execute({ source, limits: { toolTimeoutMs: 20 } });
    expect(value).toEqual(['TIMEOUT', 'quick']);
    expect(reason).toBe('TIMEOUT');
  });
});

describe('stats()', () => {
  it.runIf(process.platform === 'linux')(
    'tell queue, live, hosts with CPU and memory, recycled and lost',
    async () => {
      await using pool = createPool({ poolSize: 1, maxLivePerWorker: 1, standby: false });
      await pool.ready();
      const cancel = new AbortController();
      const both = [1, 2].map(() => pool.execute({ source: SILENT, signal: cancel.signal }));
      await expect
        .poll(() => pool.stats())
        .toMatchObject({ queued: 1, live: 1, completed: 0, recycled: 0, lost: 0 });
      const [host, ...others] = pool.stats().hosts;
      expect(others).toEqual([]);
      expect(host).toMatchObject({ pid: pidOfHost(pool), live: 1, completed: 0 });
      expect(host?.cpuMs).toBeGreaterThan(0);
      // Node itself takes some 40 MB.
      expect(host?.rssBytes).toBeGreaterThan(2e7);
      cancel.abort();
      await Promise.all(both);
      // The queued one never began.
      expect(pool.stats()).toMatchObject({ queued: 0, live: 0, completed: 1 });
    },
  );
});

function codes(outcomes: readonly ExecutionOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { error } of outcomes) counts[error?.code ?? 'ok'] = (counts[error?.code ?? 'ok'] ?? 0) + 1;
  return counts;
}

/** Throws rather than answer 0, which would stand for the test's own process group. */
function pidOfHost(pool: Executor): number {
  const pid = pool.stats().hosts[0]?.pid ?? 0;
  expect(pid).toBeGreaterThan(0);
  return pid;
}
