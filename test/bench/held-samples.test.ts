import { describe, expect, it } from 'vitest';
import { HeldSamples } from '../../src/bench/held-samples.ts';
import type { Sample } from '../../src/bench/sample.ts';

describe('HeldSamples', () => {
  it('gives back, in order, what it was given', () => {
    const stats = { queueMs: 1, durationMs: 2, cpuMs: 1, toolMs: 0, toolCallCount: 0 };
    const plain = { measured: true, phase: 1, tenant: 'a', end: { kind: 'ok' } } as const;
    // More than the room it starts with.
    const samples = Array.from({ length: 3_000 }, (_, index): Sample => {
      const times = { intendedMs: index / 3, startMs: index / 3 + 0.1, endMs: index + 5.5 };
      const marks = { connectedMs: index % 2 === 0 ? index : undefined, firstMs: undefined };
      const script = index % 3 === 0 ? 'x' : 'y';
      if (index % 7 === 0)
        return {
          ...plain,
          ...times,
          index,
          script,
          end: { kind: 'failed', code: 'SCRIPT_ERROR' },
          seen: { ...marks, gapsMs: [1, 2], callsMs: [3] },
          stats: stats as Sample['stats'],
          isAsClosed: true,
        };
      return {
        ...plain,
        ...times,
        index,
        script,
        seen: { ...marks, gapsMs: [], callsMs: [] },
        stats: undefined,
        isAsClosed: false,
      };
    });
    const held = new HeldSamples();
    for (const sample of samples) held.add(sample);
    expect(held.count).toBe(3_000);
    expect([...held]).toEqual(samples);
  });
});
