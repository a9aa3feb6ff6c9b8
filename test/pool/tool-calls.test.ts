import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { resolveLimits } from '../../src/limits.ts';
import { ToolCalls, type ToolReply } from '../../src/pool/tool-calls.ts';

/** Whatever a handler throws, the script gets an answer; nothing of it reaches the process as an unhandled rejection. */
const THROWN: readonly [name: string, thrown: unknown, message: string][] = [
  ['an error', new Error('out of paper'), 'out of paper'],
  ['a text', 'out of paper', 'out of paper'],
  ['undefined', undefined, 'undefined'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  [
    'an object without prototype',
    Object.create(null),
    'the tool failed with something that cannot be written as text',
  ],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no');
      },
    }),
    'the tool failed with something that cannot be written as text',
  ],
  ['an error whose message is a number', Object.assign(new Error(), { message: 7 }), '7'],
  ['a revoked proxy', revoked(), 'the tool failed with something that cannot be written as text'],
];

describe('ToolCalls', () => {
  for (const [name, thrown, message] of THROWN)
    it(`answers a call whose handler throws ${name}`, async () => {
      const reply = await call(() => {
        throw thrown;
      });
      expect(reply).toEqual({ ok: false, code: 'TOOL_FAILED', message });
    });

  it('answers a call whose result cannot be written as JSON', async () => {
    const result = {
      toJSON: () => {
        throw Object.create(null);
      },
    };
    expect(await call(() => result)).toMatchObject({ code: 'RESULT_NOT_SERIALIZABLE' });
    expect(await call(() => 7n)).toMatchObject({ code: 'RESULT_NOT_SERIALIZABLE' });
  });
});

function call(handler: () => unknown): Promise<ToolReply> {
  const limits = resolveLimits(undefined);
  const calls = new ToolCalls({ handler, limits, executionId: 'x', tenant: 't', clock: realClock });
  return new Promise((resolve) => calls.start(1, 'tool', {}, resolve));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
