// Every limit is reached, and just kept: the table has one entry for each, so that a new limit without a test does not compile.
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { ExecutionLimits, ExecutionOutcome } from '../../src/execution.ts';
import { LIMITS } from '../../src/limits.ts';
import { createPool } from '../../src/pool/pool.ts';
import { ROOT } from '../cli/cli.ts';

const SILENT = 'await new Promise(() => {})';
/** A message of 10 characters that costs 11: lines are separated. */
const LINE = 'console.log("0123456789");';

interface LimitCase {
  /** Small enough to be met quickly; the executions have the usual values for all else. */
  readonly value: number;
  /** Stays at the limit or below. */
  readonly kept?: string;
  readonly reached: string;
  readonly seen: string | ((outcome: ExecutionOutcome) => void);
}

let underWay = 0;
let mostUnderWay = 0;
const pool = createPool({
  poolSize: 1,
  toolHandler: async (name, args) => {
    if (name === 'text') return 'x'.repeat(Number(args));
    if (name === 'never') return await new Promise(() => undefined);
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    await null;
    underWay--;
    return args;
  },
});
afterAll(() => pool[Symbol.asyncDispose]());

const CASES: Readonly<Record<keyof ExecutionLimits, LimitCase>> = {
  wallMs: { value: 50, reached: SILENT, seen: 'WALL_TIMEOUT' },
  cpuMs: { value: 50, reached: 'for (;;);', seen: 'CPU_TIMEOUT' },
  memoryMb: {
    value: 16,
    kept: 'return new Uint8Array(8 * 2 ** 20).length',
    reached: 'const all = []; for (;;) all.push({})',
    seen: 'MEMORY_LIMIT',
  },
  // Reached in a pool of its own, below: it needs one that is full.
  queueMs: { value: 86_400_000, reached: 'return 1', seen: ({ success }) => expect(success).toBe(true) },
  maxToolCalls: {
    value: 3,
    kept: 'for (let i = 0; i < 3; i++) await callTool("echo")',
    reached: 'for (let i = 0; i < 4; i++) await callTool("echo")',
    seen: 'TOOL_CALL_LIMIT',
  },
  maxPendingToolCalls: {
    value: 2,
    reached: 'await Promise.all([1, 2, 3, 4, 5].map((n) => callTool("echo", n)))',
    seen: ({ success, stats }) => {
      expect({ success, calls: stats.toolCallCount, mostUnderWay }).toEqual({
        success: true,
        calls: 5,
        mostUnderWay: 2,
      });
    },
  },
  maxToolArgBytes: {
    value: 12,
    kept: 'await callTool("echo", "0123456789")',
    reached: 'await callTool("echo", "0123456789a")',
    seen: 'TOOL_ARGS_TOO_LARGE',
  },
  maxToolResultBytes: {
    value: 12,
    kept: 'return await callTool("text", 10)',
    reached: 'return await callTool("text", 11)',
    seen: ({ error }) => expect(error).toMatchObject({ code: 'TOOL_ERROR', toolCode: 'RESULT_TOO_LARGE' }),
  },
  toolTimeoutMs: {
    value: 20,
    reached: 'await callTool("never")',
    seen: ({ error }) => expect(error).toMatchObject({ code: 'TOOL_ERROR', toolCode: 'TIMEOUT' }),
  },
  maxResultBytes: {
    value: 12,
    kept: 'return "0123456789"',
    reached: 'return "0123456789a"',
    seen: 'RESULT_TOO_LARGE',
  },
  // In UTF-8: the euro sign has three bytes.
  maxSourceBytes: { value: 15, kept: 'return "€€"', reached: 'return "€€€"', seen: 'SOURCE_TOO_LARGE' },
  maxConsoleBytes: {
    value: 22,
    kept: LINE + LINE,
    reached: `${LINE + LINE}console.log("")`,
    seen: ({ logs, stats }) => {
      expect(logs).toHaveLength(2);
      expect(stats.logsTruncated).toBe(true);
    },
  },
  // Empty lines: a million of them would have passed a bound of bytes alone.
  maxConsoleCalls: {
    value: 5,
    kept: 'for (let i = 0; i < 5; i++) console.log()',
    reached: 'for (let i = 0; i < 100_000; i++) console.debug()',
    seen: ({ logs, stats }) => {
      expect(logs).toHaveLength(5);
      expect(stats.logsTruncated).toBe(true);
    },
  },
  maxErrorBytes: {
    value: 256,
    reached: 'throw new Error("x".repeat(1_000))',
    seen: ({ error }) => expect((error?.message + (error?.stack ?? '')).length).toBeLessThanOrEqual(256),
  },
};

describe('the limit', () => {
  for (const [name, { value, kept, reached, seen }] of Object.entries(CASES)) {
    // Processor time is not what they are about, and a busy machine counts waiting for it.
    const limits = { cpuMs: 20_000, [name]: value };
    it(`${name} is reached`, async () => {
      const outcome = await pool.execute({ source: reached, limits });
      if (typeof seen === 'string') expect(outcome.error?.code).toBe(seen);
      else seen(outcome);
    });
    if (kept !== undefined)
      it(`${name} lets through what just keeps it`, async () => {
        const { error, stats } = await pool.execute({ source: kept, limits });
        expect(error).toBeUndefined();
        expect(stats.logsTruncated).toBe(false);
      });
  }

  it('queueMs is reached in a pool that is full', async () => {
    await using full = createPool({ poolSize: 1, maxLivePerWorker: 1 });
    const first = full.execute({ source: SILENT });
    const second = await full.execute({ source: 'return 1', limits: { queueMs: 20 } });
    expect(second.error?.code).toBe('QUEUE_TIMEOUT');
    await full[Symbol.asyncDispose]();
    await first;
  });

  it('maxQueue of the pool is reached', async () => {
    await using full = createPool({ poolSize: 1, maxLivePerWorker: 1, maxQueue: 0 });
    await full.ready();
    const first = full.execute({ source: SILENT });
    expect((await full.execute({ source: 'return 1' })).error?.code).toBe('QUEUE_FULL');
    await full[Symbol.asyncDispose]();
    await first;
  });
});

describe('the documentation', () => {
  it('has a row for every limit', async () => {
    const page = await readFile(`${ROOT}/docs/sandbox.md`, 'utf8');
    expect(Object.keys(LIMITS).filter((name) => !page.includes(`\n| \`${name}\` |`))).toEqual([]);
  });
});
