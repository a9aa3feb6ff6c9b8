// What stops the process of the pool must be on the time line of the run, beside the executions that it made slow.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createIsolatedExecutor } from '../../src/bench/isolated-executor.ts';
import { planLoad } from '../../src/bench/load-plan.ts';
import { runBench } from '../../src/bench/run-bench.ts';
import { loadScenario } from '../../src/scenario/load-scenario.ts';

const STOPPED_MS = 400;

/** The process that holds the pool: the child of this one that runs isolated-host. */
async function findPoolProcess(): Promise<number> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('isolated-host')) return Number(pid);
  }
  throw new Error('no process holds the pool');
}

describe.skipIf(process.platform !== 'linux')('a pause of the process of the pool', () => {
  it('is on the time line of the run and named for the slow executions that it overlaps', async () => {
    const scenario = await loadScenario('tools', '.');
    const setup = { scenario: 'tools', cwd: '.', seed: 1, poolSize: 1, isolation: null };
    await using executor = createIsolatedExecutor(setup);
    await executor.ready();
    const pid = await findPoolProcess();
    let stoppedN = 0;
    const { report } = await runBench({
      scenario,
      plan: planLoad(scenario, { ratePerSecond: 40, durationMs: 4_000, warmupMs: 0 }),
      executor,
      target: { driver: 'local, isolated', pool_size_n: 1, isolation: null },
      signal: new AbortController().signal,
      argv: [],
      onProgress({ doneN }) {
        // Once executions flow: stopped from outside, as a machine or a debugger would.
        if (doneN < 20 || stoppedN > 0) return;
        stoppedN += 1;
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), STOPPED_MS);
      },
    });
    expect(stoppedN).toBe(1);
    const stall = report.tail?.stalls.find(
      ({ duration_us, kind, where }) =>
        where === 'pool' && kind === 'loop-block' && duration_us >= (STOPPED_MS - 50) * 1_000,
    );
    expect(stall).toBeDefined();
    expect(stall?.from_s).toBeGreaterThan(0);
    expect(stall?.from_s).toBeLessThan(4);
    const slow = report.tail?.slowest.filter(({ overlaps }) => overlaps.includes('loop-block')) ?? [];
    expect(slow.length).toBeGreaterThan(0);
    // Who arrived when it had just stopped waited for all of it.
    expect(Math.max(...slow.map(({ response_us }) => response_us))).toBeGreaterThan(STOPPED_MS * 500);
  });
});
