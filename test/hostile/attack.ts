// Runs hostile scripts one after the other on one pool and checks three things after each: its ending, the embedding process,
// and that the next execution of the same tenant on the same pool finds a clean realm.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionOutcome, Executor, Isolation } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';
import type { HostileScript } from './corpus.ts';
import { findLeaks } from './leaks.ts';
import { runProbe } from './probe.ts';
import { countResources, describeProcess } from './realm.ts';
import { serveHostile } from './tools.ts';

const MIB = 2 ** 20;
/** What a busy machine may add to any limit, ms. Nothing here measures speed; it only tells late from never. */
const SLACK_MS = 30_000;
/** CPU time beyond the limit before an entry is interrupted: timer, grain, one uninterruptible step. */
const CPU_SLACK_MS = 2_000;
const MAX_RSS_GROWTH = 400 * MIB;

/** Defines one test for each script. */
export function testScripts(isolation: Isolation, scripts: readonly HostileScript[]): void {
  describe(`hostile scripts in ${isolation} mode`, () => {
    const resourcesBefore = countResources();
    const rssBefore = process.memoryUsage.rss();
    let pool: Executor;
    let cleanProbe: string;

    beforeAll(async () => {
      pool = createPool({
        poolSize: 1,
        isolation,
        maxWorkerMemory: 32 * MIB,
        limits: { wallMs: 60_000 },
        toolHandler: serveHostile,
      });
      cleanProbe = await runProbe(pool, 'clean', isolation);
    });

    it.each(scripts)('$path', { timeout: 120_000 }, async (script) => {
      const before = describeProcess();
      const lostBefore = pool.stats().lost;
      const startMs = performance.now();
      const outcome = await pool.execute({
        source: script.source,
        language: script.language,
        args: script.args,
        limits: script.limits,
        tenant: script.path,
      });
      const elapsedMs = performance.now() - startMs;

      checkEnding(script, outcome);
      checkLimits(script, outcome, elapsedMs);
      expect(findLeaks(outcome)).toEqual([]);
      if (!script.killsHost) expect(pool.stats().lost).toBe(lostBefore);

      expect(describeProcess()).toBe(before);
      expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(MAX_RSS_GROWTH);

      expect(await runProbe(pool, script.path, isolation)).toBe(cleanProbe);
    });

    it('leaves no handle open when the pool is disposed', async () => {
      expect(pool.stats()).toMatchObject({ queued: 0, live: 0 });
      await pool[Symbol.asyncDispose]();
      await expect.poll(leftOver, { timeout: 20_000 }).toEqual([]);
    });

    afterAll(() => pool[Symbol.asyncDispose]());

    // Timers are vitest's own; everything else must be as few as before.
    function leftOver(): string[] {
      return Object.entries(countResources())
        .filter(
          ([kind, count]) =>
            kind !== 'Timeout' && kind !== 'Immediate' && count > (resourcesBefore[kind] ?? 0),
        )
        .map(([kind]) => kind);
    }
  });
}

function checkEnding(script: HostileScript, outcome: ExecutionOutcome): void {
  const ending = outcome.success ? 'ok' : outcome.error.code;
  expect(script.expect, JSON.stringify(outcome.error)).toContain(ending);
  if (outcome.success) {
    if (script.value !== undefined) expect(outcome.valueJson).toBe(script.value);
    if (script.valuePattern !== undefined) expect(outcome.valueJson).toMatch(script.valuePattern);
  } else {
    if (script.name !== undefined) expect(outcome.error.name).toBe(script.name);
    if (script.message !== undefined) expect(outcome.error.message).toContain(script.message);
    if (script.toolCode !== undefined) expect(outcome.error.toolCode).toBe(script.toolCode);
  }
  if (script.logs !== undefined)
    expect(outcome.logs.map(({ text }) => text)).toContainEqual(expect.stringContaining(script.logs));
  if (script.isTruncated) expect(outcome.stats.logsTruncated).toBe(true);
}

function checkLimits(
  { limits }: HostileScript,
  { error, stats, logs }: ExecutionOutcome,
  elapsedMs: number,
): void {
  const { cpuMs = 0, wallMs = 0, maxToolCalls = 1_000 } = limits;
  expect(elapsedMs).toBeLessThan(cpuMs + wallMs + SLACK_MS);
  expect(stats.cpuMs).toBeLessThan(cpuMs + CPU_SLACK_MS);
  expect(stats.toolCallCount).toBeLessThanOrEqual(maxToolCalls);
  expect(logs.reduce((sum, { text }) => sum + text.length + 1, 0)).toBeLessThan(80 * 1_024);
  if (error === undefined) return;
  const told = error.name.length + error.message.length + (error.stack?.length ?? 0);
  expect(told).toBeLessThanOrEqual(8 * 1_024 + 100);
}
