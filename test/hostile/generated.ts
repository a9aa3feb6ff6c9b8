// Attacks nobody thought of: batches of generated scripts run side by side; whatever they do, each has one legal outcome, none
// tells where it ran, and the pool serves on.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionEvent, ExecutionOutcome, Executor, Isolation } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';
import type { Ending } from './classes.ts';
import { hostileScript } from './grammar.ts';
import { findLeaks } from './leaks.ts';
import { runProbe } from './probe.ts';
import { describeProcess } from './realm.ts';
import { serveHostile } from './tools.ts';

const MIB = 2 ** 20;
/** Scripts under way at one time. */
const BATCH = 20;
/** How a script may end through its own doing. A syntax error would be a fault of the grammar. */
const OWN_ENDINGS: ReadonlySet<Ending> = new Set<Ending>([
  ...([
    'ok',
    'SCRIPT_ERROR',
    'UNHANDLED_REJECTION',
    'RESULT_NOT_SERIALIZABLE',
    'TOOL_ERROR',
    'CPU_TIMEOUT',
  ] as const),
  ...([
    'WALL_TIMEOUT',
    'MEMORY_LIMIT',
    'TOOL_CALL_LIMIT',
    'TOOL_ARGS_TOO_LARGE',
    'RESULT_TOO_LARGE',
  ] as const),
  ...(['SANDBOX_CRASHED', 'UNRESPONSIVE_KILLED'] as const),
]);

/** Defines the test: `count` scripts, half of them in either mode, drawn from `seed`. */
export function testGenerated(count: number, seed: number): void {
  describe('generated attacks', () => {
    let pool: Executor;
    let tenants = 0;
    const clean = new Map<Isolation, string>();

    beforeAll(async () => {
      pool = createPool({
        poolSize: 2,
        maxWorkerMemory: 16 * MIB,
        limits: { cpuMs: 50, wallMs: 1_000, memoryMb: 16, maxToolCalls: 200, maxConsoleBytes: 8_192 },
        toolHandler: serveHostile,
      });
      for (const isolation of ['isolate', 'context'] as const)
        clean.set(isolation, await runProbe(pool, 'clean', isolation));
    });

    it(`hold ${count} scripts, seed ${seed}`, { timeout: 1_800_000 }, async () => {
      const before = describeProcess();
      const endings: Record<string, number> = {};
      const batches = fc.array(hostileScript, { minLength: BATCH, maxLength: BATCH });
      const property = fc.asyncProperty(
        fc.constantFrom<Isolation>('isolate', 'context'),
        batches,
        async (isolation, scripts) => {
          const tenant = `t${++tenants}`;
          const outcomes = await attack(scripts, isolation, tenant);
          for (const { success, error } of outcomes) {
            const ending = success ? 'ok' : error.code;
            endings[ending] = (endings[ending] ?? 0) + 1;
          }
          expect(await runProbe(pool, `${tenant}-0`, isolation)).toBe(clean.get(isolation));
          expect(describeProcess()).toBe(before);
        },
      );
      await fc.assert(property, { numRuns: Math.ceil(count / BATCH), seed, endOnFailure: true });
      expect(pool.stats()).toMatchObject({ queued: 0, live: 0 });
      expect(Object.keys(endings).length).toBeGreaterThan(5);
      console.log(`seed ${seed}: ${JSON.stringify(endings)}, ${pool.stats().lost} hosts lost`);
    });

    afterAll(() => pool[Symbol.asyncDispose]());

    // A neighbour's crash ends those that have called tools; such a script is run again alone, to see its own ending.
    async function attack(
      scripts: readonly string[],
      isolation: Isolation,
      tenant: string,
    ): Promise<ExecutionOutcome[]> {
      const outcomes = await Promise.all(
        scripts.map((source, i) => run(source, isolation, `${tenant}-${i}`)),
      );
      for (const [i, source] of scripts.entries()) {
        if (outcomes[i]?.error?.code === 'INTERRUPTED')
          outcomes[i] = await run(source, isolation, `${tenant}-${i}`);
        const outcome = outcomes[i];
        if (outcome !== undefined) check(source, outcome);
      }
      return outcomes;
    }

    async function run(source: string, isolation: Isolation, tenant: string): Promise<ExecutionOutcome> {
      const events: ExecutionEvent[] = [];
      const onEvent = (event: ExecutionEvent): void => void events.push(event);
      const outcome = await pool.execute({ source, args: { n: tenants }, isolation, tenant, onEvent });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
      expect(events.filter(({ type }) => type === 'final')).toHaveLength(1);
      expect(events.at(-1)?.type).toBe('final');
      return outcome;
    }
  });
}

function check(source: string, outcome: ExecutionOutcome): void {
  const ending = outcome.success ? 'ok' : outcome.error.code;
  expect(OWN_ENDINGS, `${ending}: ${outcome.error?.message}\n${source}`).toContain(ending);
  expect(findLeaks(outcome), source).toEqual([]);
  expect(outcome.stats.toolCallCount).toBeLessThanOrEqual(200);
}
