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

const double: Tool = defineTool({
  name: 'double',
  description: 'Twice a number',
  args: z.object({ n: z.number() }),
  result: z.object({ n: z.number() }),
  handler: ({ n }: { n: number }) => ({ n: n * 2 }),
}) as Tool;

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
    const tool = { ...double, handler: () => ({ n: 'many' }) };
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
      { ...double, name: 'b', timeout: 0, secrets: ['MISSING'] },
      double,
      double,
    ];
    let caught: unknown;
    try {
      createToolHandler({ tools: bad, secrets: noSecrets });
    } catch (error) {
      caught = error;
    }
    const { problems } = caught as EnclaveError;
    expect(problems.map(({ path }) => path)).toEqual([
      'tools[0] (no spaces).name',
      'tools[1] (b).timeout',
      'tools[1] (b).secrets',
      'tools[3] (double)',
    ]);
  });
});
