import { describe, expect, it } from 'vitest';
import { createIsolatedExecutor } from '../../src/bench/isolated-executor.ts';

const setup = { scenario: 'tools', cwd: '.', seed: 1, poolSize: 1, isolation: null };

describe('createIsolatedExecutor()', () => {
  it('runs scripts and tools in a process of its own and tells what they cost', async () => {
    await using executor = createIsolatedExecutor(setup);
    await executor.ready();
    const source = "return (await callTool('getUser', { id: 7 })).id";
    const outcome = await executor.execute({ source, executionId: 'bench-0' });
    expect(outcome).toMatchObject({ success: true, stats: { toolCallCount: 1 } });
    const failing = await executor.execute({ source: 'throw new Error("no")', executionId: 'bench-1' });
    expect(failing).toMatchObject({ success: false, error: { code: 'SCRIPT_ERROR' } });
    expect(executor.embeddingCpuMs()).toBeGreaterThan(0);
    expect(executor.stats().hosts).toHaveLength(1);
  });

  it('tells what is seen of an execution while it is under way, in order', async () => {
    await using executor = createIsolatedExecutor(setup);
    await executor.ready();
    const seen: string[] = [];
    const source = "console.log('a'); await callTool('getUser', { id: 7 }); console.log('b'); return 1";
    const running = executor.execute(
      { source, executionId: 'bench-4' },
      {
        connected: () => seen.push('connected'),
        first: () => seen.push('first'),
        line: () => seen.push('line'),
        toolCall: () => seen.push('call'),
        onCancel: () => undefined,
      },
    );
    await running;
    expect(seen).toEqual(['line', 'first', 'call', 'line', 'first']);
  });

  it('cancels an execution', async () => {
    await using executor = createIsolatedExecutor(setup);
    await executor.ready();
    const controller = new AbortController();
    const running = executor.execute({
      source: 'await new Promise(() => {})',
      signal: controller.signal,
      executionId: 'bench-2',
    });
    controller.abort();
    expect(await running).toMatchObject({ success: false, error: { code: 'CANCELLED' } });
  });

  it('settles what is under way when it is disposed', async () => {
    const executor = createIsolatedExecutor(setup);
    await executor.ready();
    const running = executor.execute({ source: 'await new Promise(() => {})', executionId: 'bench-3' });
    const settled = running.then(
      ({ error }) => error?.code,
      (error: unknown) => String(error),
    );
    await executor[Symbol.asyncDispose]();
    expect(await settled).toMatch(/SHUTTING_DOWN|CANCELLED|has ended/);
  });

  it('says why a child that cannot be set up is not ready', async () => {
    await using executor = createIsolatedExecutor({ ...setup, scenario: 'tolls' });
    await expect(executor.ready()).rejects.toThrow(/expected a shipped scenario/);
  });
});
