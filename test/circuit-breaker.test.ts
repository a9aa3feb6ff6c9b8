import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../src/circuit-breaker.ts';
import { ManualClock } from '../src/clock.ts';
import { createBreakingHandler, createToolBreakers } from '../src/tools/breaking-handler.ts';
import { ToolFailure } from '../src/tools/tool-failure.ts';

describe('CircuitBreaker', () => {
  it('opens after failures in a row, lets one through after its time, and closes when that succeeds', async () => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ clock, failures: 3, openMs: 1_000 });
    breaker.failed();
    breaker.failed();
    breaker.succeeded();
    breaker.failed();
    breaker.failed();
    expect(breaker.tryEnter()).toBe(true);
    breaker.failed();
    expect(breaker.state).toBe('open');
    expect(breaker.tryEnter()).toBe(false);
    expect(breaker.waitMs).toBe(1_000);
    await clock.advance(1_000);
    expect([breaker.tryEnter(), breaker.tryEnter()]).toEqual([true, false]);
    breaker.failed();
    expect(breaker.state).toBe('open');
    await clock.advance(1_000);
    expect(breaker.tryEnter()).toBe(true);
    breaker.undecided();
    expect(breaker.tryEnter()).toBe(true);
    breaker.succeeded();
    expect([breaker.tryEnter(), breaker.tryEnter(), breaker.state]).toEqual([true, true, 'closed']);
  });
});

describe('createBreakingHandler()', () => {
  const setup = (answer: () => unknown) => {
    const clock = new ManualClock();
    let calls = 0;
    const handler = createBreakingHandler(
      () => {
        calls++;
        return answer();
      },
      createToolBreakers(['a', 'b'], clock, { failures: 2, openFor: 60_000 }),
    );
    const context = { executionId: 's', callId: 1, tenant: 't', signal: new AbortController().signal };
    const call = async (name: string) => {
      try {
        return await handler(name, {}, context);
      } catch (thrown) {
        return thrown instanceof ToolFailure ? thrown.code : 'other';
      }
    };
    return { clock, call, calls: () => calls };
  };

  it('leaves a tool alone whose service is away, and only that one, until it is back', async () => {
    let isAway = true;
    const { clock, call, calls } = setup(() => {
      if (!isAway) return 'here';
      // As `fetch` tells it: the reason is the cause of a cause.
      const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      throw new ToolFailure('TOOL_FAILED', 'fetch failed', {
        cause: new TypeError('fetch failed', { cause: refused }),
      });
    });
    expect([await call('a'), await call('a')]).toEqual(['TOOL_FAILED', 'TOOL_FAILED']);
    expect([await call('a'), await call('a')]).toEqual(['TOOL_UNAVAILABLE', 'TOOL_UNAVAILABLE']);
    expect(calls()).toBe(2);
    expect(await call('b')).toBe('TOOL_FAILED');
    await clock.advance(60_000);
    isAway = false;
    expect([await call('a'), await call('a')]).toEqual(['here', 'here']);
  });

  it('takes what a tool says about its arguments for an answer: no script can close a tool to the others', async () => {
    const answers = ['INVALID_ARGS', 'NO_SUCH_USER', 'TOOL_FAILED'];
    let n = 0;
    const { call, calls } = setup(() => {
      throw new ToolFailure(answers[n++ % answers.length] ?? '', 'no');
    });
    for (let i = 0; i < 12; i++) expect(await call('a')).not.toBe('TOOL_UNAVAILABLE');
    expect(calls()).toBe(12);
  });

  it('counts calls that run out of time', async () => {
    const { call } = setup(() => {
      throw new ToolFailure('TIMEOUT', 'too slow');
    });
    expect([await call('a'), await call('a'), await call('a')]).toEqual([
      'TIMEOUT',
      'TIMEOUT',
      'TOOL_UNAVAILABLE',
    ]);
  });
});
