import { describe, expect, it } from 'vitest';
import type { Sample } from '../../src/bench/sample.ts';
import { startStallWatch } from '../../src/bench/stall-watch.ts';
import { attribute, TailRecorder } from '../../src/bench/tail-recorder.ts';
import { ManualClock } from '../../src/clock.ts';

function sample(index: number, responseMs: number, given: Partial<Sample> = {}): Sample {
  const intendedMs = index * 10;
  return {
    index,
    phase: 0,
    measured: true,
    script: 's',
    tenant: 'default',
    intendedMs,
    startMs: intendedMs,
    endMs: intendedMs + responseMs,
    end: { kind: 'ok' },
    ...given,
  };
}

const STATS = {
  durationMs: 50,
  queueMs: 20,
  cpuMs: 10,
  toolMs: 30,
  toolCallCount: 1,
  consoleBytes: 0,
  logsTruncated: false,
  resultBytes: 0,
  isolation: 'isolate',
} as const;

describe('tail', () => {
  it('keeps the slowest 0.1 %, at least 5 and at most 200, slowest first', () => {
    const recorder = new TailRecorder();
    // 7,919 is prime to 20,000, so that every response time from 0 to 19,999 comes once, in no order.
    for (let i = 0; i < 20_000; i++) recorder.add(sample(i, (i * 7_919) % 20_000));
    const slowest = recorder.tail().slowest.map(({ response_us }) => response_us / 1_000);
    expect(slowest).toEqual(Array.from({ length: 20 }, (_, i) => 19_999 - i));

    const few = new TailRecorder();
    for (let i = 0; i < 7; i++) few.add(sample(i, i));
    expect(few.tail().slowest).toHaveLength(5);

    const many = new TailRecorder();
    for (let i = 0; i < 300_000; i++) many.add(sample(i, i % 1_000));
    expect(many.tail().slowest).toHaveLength(200);
  });

  it('leaves out what was never sent', () => {
    const recorder = new TailRecorder();
    recorder.add(sample(1, 5, { end: { kind: 'dropped' } }));
    expect(recorder.tail().slowest).toEqual([]);
  });

  it('splits a response time into parts that add up to it', () => {
    const parts = attribute(sample(0, 80, { startMs: 5, stats: STATS }), []);
    expect(parts).toMatchObject({
      response_us: 80_000,
      late_us: 5_000,
      queue_us: 20_000,
      cpu_us: 10_000,
      tool_us: 30_000,
      start_us: 10_000,
      transfer_us: 5_000,
    });
  });

  it.each([
    ['computing beside a tool call', { ...STATS, cpuMs: 40, toolMs: 45 }],
    ['a host whose clock runs ahead', { ...STATS, durationMs: 500, cpuMs: 400 }],
    ['a queue longer than the whole', { ...STATS, queueMs: 900 }],
  ])('never adds up to more: %s', (_what, stats) => {
    const parts = attribute(sample(0, 80, { startMs: 5, stats }), []);
    const own = [parts.queue_us, parts.cpu_us, parts.tool_us, parts.start_us, parts.transfer_us];
    const sum = own.reduce<number>((total, us) => total + (us ?? NaN), parts.late_us);
    expect(sum).toBe(80_000);
    expect(Math.min(...own.map((us) => us ?? -1))).toBeGreaterThanOrEqual(0);
  });

  it('says what it cannot split, and joins stalls by overlap in time', () => {
    const stalls = [
      { kind: 'gc', from_s: 0.03, duration_us: 5_000 },
      { kind: 'loop-block', from_s: 0.08, duration_us: 50_000 },
    ] as const;
    const parts = attribute(sample(0, 80, { end: { kind: 'abandoned' } }), stalls);
    expect(parts).toMatchObject({ end: 'abandoned', queue_us: null, transfer_us: null, overlaps: ['gc'] });
    expect(attribute(sample(4, 50), stalls).overlaps).toEqual(['loop-block']);
  });
});

describe('stall watch', () => {
  it('notes a turn of the event loop that came late, from the instant at which it was due', () => {
    const times = [0, 10, 70];
    const clock = new ManualClock();
    const fired: (() => void)[] = [];
    using watch = startStallWatch(
      {
        nowMs: () => times.shift() ?? 0,
        wallMs: () => 0,
        setTimer: (_delayMs, fire) => {
          fired.push(fire);
          return () => {};
        },
        setBackgroundTimer: clock.setBackgroundTimer.bind(clock),
        defer: () => {},
      },
      0,
    );
    // Armed at 0 for 10, where it fires: no stall. Armed again at 70 for 80, it fires at 200.
    fired[0]?.();
    expect(watch.stalls()).toEqual([]);
    times.splice(0, times.length, 200, 200);
    fired[1]?.();
    const [stall] = watch.stalls().filter(({ kind }) => kind === 'loop-block');
    expect(stall).toMatchObject({ kind: 'loop-block', from_s: 0.08, duration_us: 120_000 });
  });
});
