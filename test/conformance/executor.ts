// What every executor owes its callers, whatever runs behind it. Apply it to an executor with a function that makes one.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTCOME_CODES, type OutcomeCode } from '../../src/errors.ts';
import type {
  ExecutionEvent,
  ExecutionLimits,
  ExecutionOutcome,
  ExecutionRequest,
  Executor,
  Isolation,
  ToolHandler,
} from '../../src/execution.ts';
import { PROGRAMS } from './programs.ts';

export interface ExecutorSubject {
  readonly name: string;
  readonly isolations: readonly Isolation[];
  /** Makes an executor that serves tool calls by `toolHandler` and gives executions these limits. */
  readonly create: (setup: {
    readonly toolHandler: ToolHandler;
    readonly limits: Partial<ExecutionLimits>;
  }) => Executor;
}

/** The tools that the suite's scripts call; `hang` tells when it was called, and when it was let go. */
class Tools {
  readonly #waiting = new Map<string, () => void>();
  readonly #released = new Map<string, () => void>();

  readonly serve: ToolHandler = (name, args, { signal, executionId }) => {
    if (name === 'echo') return args;
    if (name === 'nothing') return undefined;
    if (name === 'refuse') throw Object.assign(new Error('not today'), { code: 'E_REFUSED' });
    if (name !== 'hang') throw Object.assign(new Error(`no tool ${name}`), { code: 'UNKNOWN_TOOL' });
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        this.#released.get(executionId)?.();
        reject(signal.reason);
      });
      this.#waiting.get(executionId)?.();
    });
  };

  /** Resolves once `hang` was called by that execution. */
  called(executionId: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(executionId, resolve));
  }

  /** Resolves once the signal of that call has fired. */
  released(executionId: string): Promise<void> {
    return new Promise((resolve) => this.#released.set(executionId, resolve));
  }
}

/** Defines the suite for one executor. */
export function testExecutor(subject: ExecutorSubject): void {
  for (const isolation of subject.isolations)
    describe(`${subject.name}, ${isolation} mode, is an Executor`, () => {
      const tools = new Tools();
      let executor: Executor;
      let lastId = 0;

      beforeAll(async () => {
        executor = subject.create({
          toolHandler: tools.serve,
          limits: { cpuMs: 20_000, wallMs: 60_000, queueMs: 60_000 },
        });
        await executor.ready();
      });
      afterAll(() => executor[Symbol.asyncDispose]());

      async function observe(source: string, rest: Partial<ExecutionRequest> = {}): Promise<Observed> {
        const events: ExecutionEvent[] = [];
        const executionId = rest.executionId ?? `conformance-${++lastId}`;
        const outcome = await executor.execute({
          source,
          isolation,
          ...rest,
          executionId,
          onEvent: (event) => {
            events.push(event);
            rest.onEvent?.(event);
          },
        });
        return { outcome, events, executionId };
      }

      describe('events', () => {
        it.each(STORIES)('are dense, ordered and end once: $title', async ({ source, limits }) => {
          const { outcome, events, executionId } = await observe(
            source,
            limits === undefined ? {} : { limits },
          );
          checkEvents(events, executionId, outcome);
        });

        it('tell the story of a script in order', async () => {
          const { events } = await observe(
            'console.warn("a"); await callTool("echo", { b: 1 }); console.log("c"); return 1',
          );
          expect(events.map(({ type }) => type)).toEqual([
            ...['queued', 'started', 'log', 'tool_call', 'tool_result', 'log', 'final'],
          ]);
          expect(events[2]).toMatchObject({ level: 'warn', text: 'a' });
          expect(events[3]).toMatchObject({ callId: 1, tool: 'echo', args: { b: 1 } });
          expect(events[4]).toMatchObject({ callId: 1, ok: true });
        });

        it('name the code of a failed tool call', async () => {
          const { events } = await observe('await callTool("refuse").catch(() => 0)');
          expect(events.find(({ type }) => type === 'tool_result')).toMatchObject({
            ok: false,
            code: 'E_REFUSED',
          });
        });

        it('are the same logs as in the outcome', async () => {
          const { outcome, events } = await observe(
            'for (const level of ["debug", "log", "info", "warn", "error"]) console[level](level, 1, { a: [2] })',
          );
          const streamed = events.flatMap((event) =>
            event.type === 'log' ? [[event.level, event.text]] : [],
          );
          expect(outcome.logs.map(({ level, text }) => [level, text])).toEqual(streamed);
          expect(streamed.map(([level]) => level)).toEqual(['debug', 'log', 'info', 'warn', 'error']);
        });
      });

      describe('outcomes', () => {
        it('of a success carry the value, its text and no error', async () => {
          const { outcome } = await observe('return { a: [1, null, "x"] }');
          expect(outcome).toMatchObject({ success: true, value: { a: [1, null, 'x'] } });
          expect(outcome.error).toBeUndefined();
          expect(outcome.success && outcome.valueJson).toBe('{"a":[1,null,"x"]}');
        });

        it.each(STORIES)(
          'have a known code and a place to look at: $title',
          async ({ source, limits, code }) => {
            const { outcome } = await observe(source, limits === undefined ? {} : { limits });
            expect(outcome.error?.code).toBe(code);
            if (outcome.success) return;
            expect(Object.keys(OUTCOME_CODES)).toContain(outcome.error.code);
            expect(outcome.value).toBeUndefined();
            expect(outcome.error.name).not.toBe('');
            expect(typeof outcome.error.message).toBe('string');
          },
        );

        it('of an uncaught error carry name, message, line and column', async () => {
          const { outcome } = await observe('const a = 1;\n  throw new RangeError("too far")', {
            filename: 'far.js',
          });
          expect(outcome.error).toMatchObject({
            code: 'SCRIPT_ERROR',
            name: 'RangeError',
            message: 'too far',
            line: 2,
            column: 9,
          });
          expect(outcome.error?.stack).toContain('far.js:2:9');
        });

        it('of an uncaught tool error name the tool and its code', async () => {
          const { outcome } = await observe('await callTool("refuse")');
          expect(outcome.error).toMatchObject({
            code: 'TOOL_ERROR',
            name: 'ToolError',
            tool: 'refuse',
            toolCode: 'E_REFUSED',
            message: 'not today',
          });
        });

        it('of many at once do not mix', async () => {
          const runs = Array.from({ length: 40 }, (_, i) =>
            observe(
              'const before = args.i; const got = await callTool("echo", args); return [before, got.i]',
              { args: { i } },
            ),
          );
          const values = (await Promise.all(runs)).map(({ outcome }) => outcome.value);
          expect(values).toEqual(Array.from({ length: 40 }, (_, i) => [i, i]));
        });
      });

      describe('stats', () => {
        it('count calls, bytes and time of one execution', async () => {
          const { outcome } = await observe(
            'console.log("abcd"); for (let i = 0; i < 3; i++) await callTool("echo", i); return "12345678"',
          );
          const { stats } = outcome;
          expect(stats).toMatchObject({ toolCallCount: 3, resultBytes: 10, logsTruncated: false, isolation });
          expect(stats.consoleBytes).toBeGreaterThanOrEqual(4);
          for (const time of [stats.durationMs, stats.queueMs, stats.cpuMs, stats.toolMs])
            expect(time).toBeGreaterThanOrEqual(0);
          expect(stats.cpuMs).toBeGreaterThan(0);
          expect(stats.toolMs).toBeGreaterThan(0);
        });

        it('of the executor add up', async () => {
          const before = executor.stats();
          await Promise.all(
            Array.from({ length: 10 }, (_, i) => observe(i % 2 === 0 ? 'return 1' : 'throw 1')),
          );
          const after = executor.stats();
          expect(after.completed - before.completed).toBe(10);
          expect(after).toMatchObject({ queued: 0, live: 0 });
          await expect.poll(() => executor.stats().hosts.every(({ live }) => live === 0)).toBe(true);
        });

        it('show what is live', async () => {
          const controller = new AbortController();
          const executionId = `conformance-${++lastId}`;
          const called = tools.called(executionId);
          const pending = observe('await callTool("hang")', { executionId, signal: controller.signal });
          await called;
          expect(executor.stats()).toMatchObject({ queued: 0, live: 1 });
          controller.abort();
          await pending;
          expect(executor.stats().live).toBe(0);
        });
      });

      describe('cancelling', () => {
        it('before the submission refuses', async () => {
          const { outcome, events, executionId } = await observe('return 1', { signal: AbortSignal.abort() });
          expect(outcome.error?.code).toBe('CANCELLED');
          expect(events.some(({ type }) => type === 'started')).toBe(false);
          checkEvents(events, executionId, outcome);
        });

        it('right after the submission ends it', async () => {
          const controller = new AbortController();
          const pending = observe('await callTool("hang")', { signal: controller.signal });
          controller.abort();
          const { outcome, events, executionId } = await pending;
          expect(outcome.error?.code).toBe('CANCELLED');
          checkEvents(events, executionId, outcome);
        });

        it('while suspended ends it and lets the tool go', async () => {
          const controller = new AbortController();
          const executionId = `conformance-${++lastId}`;
          const called = tools.called(executionId);
          const released = tools.released(executionId);
          const pending = observe('await callTool("hang")', { executionId, signal: controller.signal });
          await called;
          controller.abort();
          const { outcome, events } = await pending;
          await released;
          expect(outcome.error?.code).toBe('CANCELLED');
          checkEvents(events, executionId, outcome);
        });

        it('in the middle of a synchronous step ends it', async () => {
          const controller = new AbortController();
          const { outcome, events, executionId } = await observe('for (;;) console.log("on and on")', {
            signal: controller.signal,
            // Few lines, which leave the worker as soon as there can be no more.
            limits: { cpuMs: 2_000, maxConsoleCalls: 10 },
            onEvent: (event) => event.type === 'log' && controller.abort(),
          });
          expect(outcome.error?.code).toBe('CANCELLED');
          checkEvents(events, executionId, outcome);
        });

        it('after the end changes nothing', async () => {
          const controller = new AbortController();
          const { outcome, events } = await observe('return 1', { signal: controller.signal });
          controller.abort();
          expect(outcome.value).toBe(1);
          expect(events.filter(({ type }) => type === 'final')).toHaveLength(1);
          expect((await observe('return 2')).outcome.value).toBe(2);
        });
      });

      describe('data', () => {
        it('goes in as args, through a tool, and out again unchanged', async () => {
          const source =
            'const back = await callTool("echo", args); return [back, JSON.stringify(back) === JSON.stringify(args)]';
          await fc.assert(
            fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
              const { outcome } = await observe(source, { args: value });
              expect(JSON.stringify(outcome.value)).toBe(JSON.stringify([value, true]));
            }),
            { numRuns: 60, seed: 3 },
          );
        });

        it('keeps every text, lone surrogates and separators included', async () => {
          await fc.assert(
            fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
              const { outcome } = await observe('console.log(args); return [args, args.length]', {
                args: text,
              });
              expect(outcome.value).toEqual([text, text.length]);
            }),
            { numRuns: 60, seed: 4 },
          );
        });

        it('has an empty object for absent args, and null for an absent result', async () => {
          expect((await observe('return args')).outcome.value).toEqual({});
          expect((await observe('')).outcome).toMatchObject({ success: true, value: null });
          expect((await observe('return await callTool("nothing")')).outcome.value).toBeNull();
        });
      });

      describe('ordinary programs', () => {
        it.each(PROGRAMS)('$title', async ({ source, language, args, value }) => {
          const { outcome } = await observe(source, {
            ...(language === undefined ? {} : { language }),
            ...(args === undefined ? {} : { args }),
          });
          expect(outcome.error).toBeUndefined();
          expect(outcome.value).toEqual(value);
        });
      });
    });

  describe(`${subject.name}, at its end`, () => {
    it('settles what is under way, refuses what comes, and can be disposed twice', async () => {
      const tools = new Tools();
      const executor = subject.create({ toolHandler: tools.serve, limits: {} });
      const called = tools.called('last');
      const pending = executor.execute({ source: 'await callTool("hang")', executionId: 'last' });
      await called;
      await Promise.all([executor[Symbol.asyncDispose](), executor[Symbol.asyncDispose]()]);
      expect((await pending).error?.code).toBe('SHUTTING_DOWN');
      expect((await executor.execute({ source: 'return 1' })).error?.code).toBe('SHUTTING_DOWN');
      expect(executor.stats()).toMatchObject({ queued: 0, live: 0, hosts: [] });
    });
  });
}

interface Observed {
  readonly outcome: ExecutionOutcome;
  readonly events: readonly ExecutionEvent[];
  readonly executionId: string;
}

interface Story {
  readonly title: string;
  readonly source: string;
  /** `undefined` for a success. */
  readonly code: OutcomeCode | undefined;
  readonly limits?: Partial<ExecutionLimits>;
}

/** One script for each way an execution can go that every executor knows. */
const STORIES: readonly Story[] = [
  { title: 'a value', source: 'return 1', code: undefined },
  {
    title: 'tools side by side',
    source: 'await Promise.all([1, 2, 3].map((n) => callTool("echo", n)))',
    code: undefined,
  },
  { title: 'a tool left alone', source: 'callTool("hang"); return 1', code: undefined },
  { title: 'a throw', source: 'throw new Error("x")', code: 'SCRIPT_ERROR' },
  { title: 'a syntax error', source: 'return (', code: 'SYNTAX_ERROR' },
  {
    title: 'a rejection left alone',
    source: 'Promise.reject(new Error("x")); await callTool("hang")',
    code: 'UNHANDLED_REJECTION',
  },
  { title: 'an uncaught tool error', source: 'await callTool("refuse")', code: 'TOOL_ERROR' },
  { title: 'an unknown tool', source: 'await callTool("missing")', code: 'TOOL_ERROR' },
  {
    title: 'a late tool',
    source: 'await callTool("hang")',
    code: 'TOOL_ERROR',
    limits: { toolTimeoutMs: 20 },
  },
  { title: 'a loop', source: 'for (;;);', code: 'CPU_TIMEOUT', limits: { cpuMs: 50 } },
  { title: 'silence', source: 'await callTool("hang")', code: 'WALL_TIMEOUT', limits: { wallMs: 50 } },
  { title: 'a heap bomb', source: 'const a = []; for (;;) a.push({})', code: 'MEMORY_LIMIT' },
  {
    title: 'too many calls',
    source: 'for (;;) await callTool("echo")',
    code: 'TOOL_CALL_LIMIT',
    limits: { maxToolCalls: 3 },
  },
  {
    title: 'too large an argument',
    source: 'await callTool("echo", "x".repeat(100))',
    code: 'TOOL_ARGS_TOO_LARGE',
    limits: { maxToolArgBytes: 50 },
  },
  {
    title: 'too large a result',
    source: 'return "x".repeat(100)',
    code: 'RESULT_TOO_LARGE',
    limits: { maxResultBytes: 50 },
  },
  {
    title: 'too large a source',
    source: `/*${'x'.repeat(100)}*/`,
    code: 'SOURCE_TOO_LARGE',
    limits: { maxSourceBytes: 50 },
  },
  { title: 'a result that is not JSON', source: 'return 1n', code: 'RESULT_NOT_SERIALIZABLE' },
];

function checkEvents(
  events: readonly ExecutionEvent[],
  executionId: string,
  outcome: ExecutionOutcome,
): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(new Set(events.map((event) => event.executionId))).toEqual(new Set([executionId]));
  expect(events[0]?.type).toBe('queued');
  const last = events.at(-1);
  expect(last?.type === 'final' && last.outcome).toBe(outcome);
  expect(events.filter(({ type }) => type === 'final')).toHaveLength(1);
  expect(events.filter(({ type }) => type === 'started').length).toBeLessThanOrEqual(1);
  for (const [i, event] of events.entries())
    expect(event.atMs).toBeGreaterThanOrEqual(events[i - 1]?.atMs ?? 0);
  const calls = new Set<number>();
  for (const event of events) {
    if (event.type === 'tool_call') {
      expect(calls.has(event.callId)).toBe(false);
      calls.add(event.callId);
    }
    if (event.type === 'tool_result') expect(calls.delete(event.callId)).toBe(true);
  }
}
