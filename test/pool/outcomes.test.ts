// Each script meets a real isolate in a real host process; after each, the same pool must still serve.
import { afterAll, describe, expect, it } from 'vitest';
import type { OutcomeCode } from '../../src/errors.ts';
import type { ExecutionOutcome, ExecutionRequest } from '../../src/execution.ts';
import { createPool } from '../../src/pool/pool.ts';

const pool = createPool({
  poolSize: 1,
  limits: { cpuMs: 200 },
  toolHandler: (name, args, { signal }) => {
    if (name === 'echo') return args;
    if (name === 'big') return 'x'.repeat(2 ** 21);
    if (name === 'refuse') throw Object.assign(new Error('not today'), { code: 'E_REFUSED' });
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  },
});
afterAll(() => pool[Symbol.asyncDispose]());

function run(source: string, rest: Omit<ExecutionRequest, 'source'> = {}): Promise<ExecutionOutcome> {
  return pool.execute({ source, ...rest });
}

interface Case {
  readonly title: string;
  readonly source: string;
  readonly codes: readonly OutcomeCode[];
  readonly limits?: ExecutionRequest['limits'];
}

const KILLED = ['SANDBOX_CRASHED', 'UNRESPONSIVE_KILLED'] as const;

const CASES: readonly Case[] = [
  { title: 'a synchronous loop', source: 'for(;;);', codes: ['CPU_TIMEOUT'] },
  { title: 'a microtask loop', source: 'for(;;) await null', codes: ['CPU_TIMEOUT'] },
  {
    title: 'a loop after a tool reply',
    source: 'await callTool("echo"); for(;;);',
    codes: ['CPU_TIMEOUT'],
  },
  {
    title: 'an object bomb',
    source: 'const a = []; for (;;) a.push({})',
    codes: ['MEMORY_LIMIT'],
    limits: { cpuMs: 5_000 },
  },
  {
    title: 'an abort by a growing Map',
    source: 'const m = new Map(); for (let i = 0; ; i++) m.set(i, i)',
    // The net around the host's memory may catch it before V8 gives up.
    codes: ['SANDBOX_CRASHED', 'MEMORY_LIMIT'],
    limits: { cpuMs: 30_000 },
  },
  {
    title: 'a native call that cannot be interrupted',
    source: 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    codes: ['UNRESPONSIVE_KILLED'],
  },
  {
    title: 'a getter that loops while the unhandled rejection is described',
    source: 'Promise.reject({ get message() { for (;;); } })',
    codes: KILLED,
  },
  { title: 'an uncaught tool error', source: 'await callTool("refuse")', codes: ['TOOL_ERROR'] },
  {
    title: 'a tool that does not answer before its own deadline',
    source: 'await callTool("hang")',
    codes: ['TOOL_ERROR'],
    limits: { toolTimeoutMs: 20 },
  },
  {
    title: 'a tool that does not answer before the deadline of the script',
    source: 'await callTool("hang")',
    codes: ['WALL_TIMEOUT'],
    limits: { wallMs: 50 },
  },
  {
    title: 'a promise that never settles',
    source: 'await new Promise(() => {})',
    codes: ['WALL_TIMEOUT'],
    limits: { wallMs: 50 },
  },
  { title: 'a flood of tool calls', source: 'for (;;) callTool("echo")', codes: ['TOOL_CALL_LIMIT'] },
  {
    title: 'a caught tool call limit',
    source: 'try { await callTool("echo"); await callTool("echo") } catch {} return 1',
    codes: ['TOOL_CALL_LIMIT'],
    limits: { maxToolCalls: 1 },
  },
  {
    title: 'a huge tool argument',
    source: 'await callTool("echo", "x".repeat(2 ** 21))',
    codes: ['TOOL_ARGS_TOO_LARGE'],
    limits: { cpuMs: 5_000 },
  },
  { title: 'a huge tool result', source: 'await callTool("big")', codes: ['TOOL_ERROR'] },
  {
    title: 'a huge result',
    source: 'return "x".repeat(2 ** 21)',
    codes: ['RESULT_TOO_LARGE'],
    limits: { cpuMs: 5_000 },
  },
  { title: 'a source over its limit', source: `/*${'x'.repeat(2 ** 18)}*/`, codes: ['SOURCE_TOO_LARGE'] },
  { title: 'a syntax error', source: 'return (1', codes: ['SYNTAX_ERROR'] },
  { title: 'a cyclic result', source: 'const a = {}; a.a = a; return a', codes: ['RESULT_NOT_SERIALIZABLE'] },
  { title: 'a BigInt result', source: 'return 1n', codes: ['RESULT_NOT_SERIALIZABLE'] },
  {
    title: 'a rejection that nothing handles',
    source: 'Promise.reject(new Error("lost")); await callTool("echo")',
    codes: ['UNHANDLED_REJECTION'],
  },
  {
    title: 'a rejection with the text of a time-out',
    source: 'Promise.reject(new Error("Script execution timed out.")); await callTool("echo")',
    codes: ['UNHANDLED_REJECTION'],
  },
  { title: 'a thrown null', source: 'throw null', codes: ['SCRIPT_ERROR'] },
  {
    title: 'a thrown proxy whose traps throw',
    source: 'throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
    codes: ['SCRIPT_ERROR'],
  },
  {
    title: 'a looping getter on a thrown object',
    source: 'throw { get message() { for (;;); } }',
    codes: ['CPU_TIMEOUT'],
  },
  {
    title: 'a resizable buffer',
    source: 'new ArrayBuffer(8, { maxByteLength: 2 ** 31 }).resize(2 ** 31)',
    codes: ['SCRIPT_ERROR'],
  },
];

describe('outcomes of hostile and broken scripts', () => {
  it.each(CASES)('$title', async ({ source, codes, limits }) => {
    const outcome = await run(source, limits === undefined ? {} : { limits });
    expect(codes).toContain(outcome.error?.code);
    const next = await run('return args.a + 1', { args: { a: 41 } });
    expect(next.value).toBe(42);
  });
});

describe('limits that cut instead of ending the script', () => {
  it('keeps console text up to its limit and says that it was cut', async () => {
    const { success, stats, logs } = await run(
      'for (let i = 0; i < 5000; i++) console.log("x".repeat(99)); return 1',
    );
    expect(success).toBe(true);
    expect(stats.logsTruncated).toBe(true);
    expect(logs.reduce((sum, { text }) => sum + text.length + 1, 0)).toBeLessThanOrEqual(2 ** 16 + 1);
  });

  it('cuts an error text', async () => {
    const { error } = await run('throw new Error("x".repeat(1e6))', {
      limits: { maxErrorBytes: 300, cpuMs: 5_000 },
    });
    expect(error?.code).toBe('SCRIPT_ERROR');
    expect((error?.message.length ?? 0) + (error?.stack?.length ?? 0)).toBeLessThanOrEqual(300);
  });

  it('lets tool calls beyond the pending limit wait inside the script', async () => {
    const source = 'return (await Promise.all([1, 2, 3, 4, 5].map((n) => callTool("echo", n)))).length';
    const { value } = await run(source, { limits: { maxPendingToolCalls: 2 } });
    expect(value).toBe(5);
  });
});

describe('cancelling', () => {
  it('ends a suspended script and aborts its tool', async () => {
    const controller = new AbortController();
    const { error } = await run('await callTool("hang")', {
      signal: controller.signal,
      onEvent: (event) => event.type === 'tool_call' && controller.abort(),
    });
    expect(error?.code).toBe('CANCELLED');
  });

  it('ends a script in the middle of its work', async () => {
    const controller = new AbortController();
    const pending = run('for(;;) console.log("x".repeat(20))', {
      signal: controller.signal,
      limits: { cpuMs: 500, maxConsoleBytes: 1e6, maxConsoleCalls: 1e6 },
      onEvent: (event) => event.type === 'started' && controller.abort(),
    });
    expect((await pending).error?.code).toBe('CANCELLED');
    expect((await run('return 1')).value).toBe(1);
  });

  it('refuses one that was cancelled before', async () => {
    const { error, stats } = await run('return 1', { signal: AbortSignal.abort() });
    expect(error?.code).toBe('CANCELLED');
    expect(stats.hostPid).toBeUndefined();
  });
});
