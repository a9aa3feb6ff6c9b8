import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EnclaveError } from '../../src/errors.ts';
import type { ToolCallContext } from '../../src/execution.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';
import { createToolHandler } from '../../src/tools/registry.ts';
import type { ToolFailure } from '../../src/tools/tool-failure.ts';

const noSecrets = () => undefined;

function context(signal: AbortSignal = new AbortController().signal): ToolCallContext {
  return { executionId: 'e1', callId: 7, tenant: 'default', signal };
}

const double = defineTool({
  name: 'double',
  description: 'Twice a number',
  args: z.object({ n: z.number() }),
  result: z.object({ n: z.number() }),
  handler: ({ n }) => ({ n: n * 2 }),
});

/** What a call failed with. */
async function failure(call: () => unknown): Promise<ToolFailure> {
  try {
    await call();
  } catch (error) {
    return error as ToolFailure;
  }
  throw new Error('expected the call to fail');
}

describe('createToolHandler()', () => {
  it('answers with what the handler returns', async () => {
    const handle = createToolHandler({ tools: [double], secrets: noSecrets });
    expect(await handle('double', { n: 21 }, context())).toEqual({ n: 42 });
  });

  it('names the tools there are when one is unknown', async () => {
    const handle = createToolHandler({ tools: [double], secrets: noSecrets });
    const error = await failure(() => handle('dubble', {}, context()));
    expect(error).toMatchObject({
      code: 'UNKNOWN_TOOL',
      message: 'no tool is named "dubble"; there are double',
    });
  });

  it('refuses arguments that are not as declared, with the path, before the handler sees them', async () => {
    const handle = createToolHandler({ tools: [double], secrets: noSecrets });
    const error = await failure(() => handle('double', { n: 'x' }, context()));
    expect(error.code).toBe('INVALID_ARGS');
    expect(error.message).toContain('n:');
  });

  it('refuses a result that is not as declared', async () => {
    const tool: Tool = { ...double, handler: () => ({ n: 'many' }) };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    expect(await failure(() => handle('double', { n: 1 }, context()))).toMatchObject({
      code: 'INVALID_RESULT',
    });
  });

  it('gives secrets to the handler and cuts them out of its errors', async () => {
    const tool: Tool = {
      ...double,
      secrets: ['API_KEY'],
      handler: (_args, { secrets }) => {
        throw Object.assign(new Error(`401 for key ${secrets['API_KEY']}`), { code: 'UNAUTHORISED' });
      },
    };
    const handle = createToolHandler({ tools: [tool], secrets: () => 's3cr3t' });
    const error = await failure(() => handle('double', { n: 1 }, context()));
    expect(error).toMatchObject({ code: 'UNAUTHORISED', message: '401 for key [secret]' });
  });

  it('ends a call that outlives its time-out, and tells the handler', async () => {
    let told: unknown;
    const tool: Tool = {
      ...double,
      timeout: 5,
      handler: (_args, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (told = signal.reason), { once: true })),
    };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    expect(await failure(() => handle('double', { n: 1 }, context()))).toMatchObject({ code: 'TIMEOUT' });
    expect(told).toMatchObject({ code: 'TIMEOUT' });
  });

  it('ends a call when the execution is cancelled', async () => {
    const controller = new AbortController();
    const tool: Tool = { ...double, handler: () => new Promise(() => {}) };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    const pending = failure(() => handle('double', { n: 1 }, context(controller.signal)));
    controller.abort();
    expect(await pending).toMatchObject({ code: 'CANCELLED' });
  });

  it('runs no more calls of a tool at one time than it allows', async () => {
    let running = 0;
    let most = 0;
    const tool: Tool = {
      ...double,
      concurrency: 2,
      handler: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { n: 0 };
      },
    };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    await Promise.all(Array.from({ length: 10 }, () => handle('double', { n: 1 }, context())));
    expect(most).toBe(2);
  });

  it('gives up waiting for a free place when the execution ends, and leaves the place to the next', async () => {
    const gate = Promise.withResolvers<{ n: number }>();
    const tool: Tool = { ...double, concurrency: 1, handler: () => gate.promise };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    const first = handle('double', { n: 1 }, context());
    const controller = new AbortController();
    const second = failure(() => handle('double', { n: 2 }, context(controller.signal)));
    const third = handle('double', { n: 3 }, context());
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await second).toMatchObject({ code: 'CANCELLED' });
    gate.resolve({ n: 1 });
    expect(await Promise.all([first, third])).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('reports every mistake of every tool at once', () => {
    const bad = [
      { ...double, name: 'no spaces' },
      { ...double, name: 'b', timeout: 0, effect: 'always', secrets: 'NAME' },
      double,
      { ...double, secrets: ['MISSING', 'SHORT'] },
      null,
    ] as unknown as Tool[];
    let caught: unknown;
    try {
      createToolHandler({ tools: bad, secrets: (name) => (name === 'SHORT' ? 'abc' : undefined) });
    } catch (error) {
      caught = error;
    }
    const { problems } = caught as EnclaveError;
    expect(problems.map(({ path }) => path)).toEqual([
      'tools[0] (no spaces).name',
      'tools[1] (b).timeout',
      'tools[1] (b).effect',
      'tools[1] (b).secrets',
      'tools[3] (double)',
      'tools[4]',
      'tools[3] (double).secrets',
      'tools[3] (double).secrets',
    ]);
  });

  it('gives the handler a frozen object of secrets, so that no call can change them for the next', async () => {
    const tool: Tool = {
      ...double,
      secrets: ['KEY'],
      handler: (_args, { secrets }) => ({ n: Number(Object.isFrozen(secrets)) }),
    };
    const handle = createToolHandler({ tools: [tool], secrets: () => 'value' });
    expect(await handle('double', { n: 1 }, context())).toEqual({ n: 1 });
  });
});

describe('secrets of a tool', () => {
  const SECRET = 'pa"ss wörd/+';

  function handlerOf(overrides: Partial<Tool>) {
    const tool: Tool = { name: 't', description: '', args: z.unknown(), handler: () => null, ...overrides };
    return createToolHandler({ tools: [{ ...tool, secrets: ['KEY'] }], secrets: () => SECRET });
  }

  it('are in no field of the failure, its cause, or the cause of its cause', async () => {
    const handle = handlerOf({
      handler: (_args, { secrets }) => {
        const inner = Object.assign(new Error(`refused ${secrets['KEY']}`), { headers: secrets });
        throw new Error(`GET /?key=${encodeURIComponent(SECRET)}`, {
          cause: new Error('inner', { cause: inner }),
        });
      },
    });
    const error = await failure(() => handle('t', {}, context()));
    const shown = inspect(error, { depth: 10 });
    expect(shown).toContain('GET /?key=[secret]');
    expect(shown).toContain('refused [secret]');
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(encodeURIComponent(SECRET));
  });

  it('are cut out of results: in texts, keys, numbers, and in other spellings', async () => {
    const handle = handlerOf({
      handler: (_args, { secrets }) => ({
        text: `key ${secrets['KEY']}`,
        nested: [{ [`${secrets['KEY']}`]: 1 }, JSON.stringify(secrets)],
        basic: Buffer.from(SECRET).toString('base64'),
        kept: 'as it is',
      }),
    });
    expect(await handle('t', {}, context())).toEqual({
      text: 'key [secret]',
      nested: [{ '[secret]': 1 }, '{"KEY":"[secret]"}'],
      basic: '[secret]',
      kept: 'as it is',
    });
  });

  it('are cut out of what a schema says about a result', async () => {
    const handle = handlerOf({
      result: z.strictObject({}),
      handler: (_args, { secrets }) => ({ [`${secrets['KEY']}`]: 1 }),
    });
    const error = await failure(() => handle('t', {}, context()));
    expect(error).toMatchObject({ code: 'INVALID_RESULT' });
    expect(error.message).not.toContain('wörd');
  });

  it('leave nothing behind where one is the beginning of another', async () => {
    const tool: Tool = {
      ...double,
      secrets: ['A', 'B'],
      handler: (_args, { secrets }) => Promise.reject(`${secrets['B']}`),
    };
    const secrets = (name: string) => (name === 'A' ? 'abcd' : 'abcdefgh');
    const error = await failure(() =>
      createToolHandler({ tools: [tool], secrets })('double', { n: 1 }, context()),
    );
    expect(error.message).toBe('[secret]');
  });

  it('leave no half behind where a long message is cut', async () => {
    const handle = handlerOf({ handler: () => Promise.reject(new Error(`${'x'.repeat(4_090)}${SECRET}`)) });
    const error = await failure(() => handle('t', {}, context()));
    expect(error.message.length).toBeLessThanOrEqual(4_096);
    expect(error.message).not.toContain('pa"');
  });
});

describe('hostile arguments', () => {
  const seen: unknown[] = [];
  const open: Tool = {
    ...double,
    name: 'open',
    args: z.unknown(),
    result: z.unknown(),
    handler: (args) => void seen.push(args),
  };
  const handle = createToolHandler({ tools: [open, double], secrets: noSecrets });

  it.each([
    ['a __proto__ key', '{"a":[{"__proto__":{"admin":true}}]}', '__proto__'],
    ['nesting 5,000 deep', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'nested more than 100 deep'],
    ['a million values', `[${'1,'.repeat(999_999)}1]`, 'more than 100000 values'],
  ])('are refused before schema and handler: %s', async (_what, json, expected) => {
    seen.length = 0;
    const error = await failure(() => handle('open', JSON.parse(json), context()));
    expect(error.code).toBe('INVALID_ARGS');
    expect(error.message).toContain(expected);
    expect(seen).toEqual([]);
  });

  it('may be 100 deep', async () => {
    await handle('open', JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`), context());
  });

  it('cannot make a failure long: neither by keys nor by the name of the tool', async () => {
    const huge = 'k'.repeat(1_000_000);
    const strict: Tool = { ...double, args: z.strictObject({}) };
    const strictly = createToolHandler({ tools: [strict], secrets: noSecrets });
    const byKey = await failure(() => strictly('double', { [huge]: 1 }, context()));
    const byName = await failure(() => strictly(huge, {}, context()));
    expect(byKey.message.length).toBeLessThan(400);
    expect(byName.message.length).toBeLessThan(400);
  });

  it('that make a schema throw are an ordinary failure', async () => {
    const throwing: Tool = {
      ...double,
      args: z.unknown().refine(() => {
        throw new Error('refine broke');
      }),
    };
    const error = await failure(() =>
      createToolHandler({ tools: [throwing], secrets: noSecrets })('double', {}, context()),
    );
    expect(error).toMatchObject({ code: 'TOOL_FAILED', message: 'refine broke' });
  });
});

describe('the place of a call', () => {
  it('is held until the handler settles, also when its call has timed out', async () => {
    const gate = Promise.withResolvers<{ n: number }>();
    let started = 0;
    const tool: Tool = {
      ...double,
      concurrency: 1,
      handler: () => {
        started++;
        return gate.promise;
      },
    };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    const controller = new AbortController();
    const first = failure(() => handle('double', { n: 1 }, context(controller.signal)));
    const second = handle('double', { n: 2 }, context());
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toBe(1);
    gate.resolve({ n: 3 });
    expect(await second).toEqual({ n: 3 });
    expect(started).toBe(2);
  });
});

describe('an execution that ends', () => {
  it('never starts the handler of a call whose arguments are still being checked', async () => {
    const check = Promise.withResolvers<boolean>();
    let started = false;
    const tool: Tool = {
      ...double,
      args: z.unknown().refine(() => check.promise),
      handler: () => {
        started = true;
      },
    };
    const controller = new AbortController();
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    const ended = failure(() => handle('double', {}, context(controller.signal)));
    controller.abort();
    expect(await ended).toMatchObject({ code: 'CANCELLED' });
    check.resolve(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toBe(false);
  });

  it('tells the handler whether it was cancelled or has reached the time limit of the pool', async () => {
    let told: unknown;
    const tool: Tool = {
      ...double,
      handler: (_args, { signal }) =>
        new Promise(() => signal.addEventListener('abort', () => (told = signal.reason), { once: true })),
    };
    const handle = createToolHandler({ tools: [tool], secrets: noSecrets });
    const controller = new AbortController();
    const ended = failure(() => handle('double', { n: 1 }, context(controller.signal)));
    // Arguments are checked in a turn of their own; the handler must be at work.
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort('TIMEOUT');
    expect(await ended).toMatchObject({ code: 'TIMEOUT' });
    expect(told).toMatchObject({ code: 'TIMEOUT' });
  });
});
