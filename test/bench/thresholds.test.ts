import { describe, expect, it } from 'vitest';
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import { type Judged, judgeThreshold, parseThreshold, parseThresholds } from '../../src/bench/thresholds.ts';
import type { ThresholdResult } from '../../src/report/run-report.ts';

/** 1,000 asked: 980 answered in 1..980 ms, 15 failed, 5 dropped. */
function judged(): Judged {
  const recorder = new LatencyRecorder();
  for (let ms = 1; ms <= 980; ms++) recorder.record(ms * 1_000);
  return {
    latency: [
      recorder.summary('response', 'all', 20),
      recorder.summary('response', 'ok'),
      recorder.summary('response', 'script:few'),
    ],
    counts: {
      asked_n: 1_000,
      sent_n: 995,
      done_n: 995,
      ok_n: 980,
      expected_n: 0,
      failed: { WALL_TIMEOUT: 15 },
      dropped_n: 5,
      abandoned_n: 0,
    },
    rates: { done_per_s: 99.5 },
  };
}

function judge(text: string): ThresholdResult {
  const parsed = parseThreshold(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return judgeThreshold(parsed.value, judged());
}

describe('judgeThreshold()', () => {
  it.each([
    ['p50<501ms', 'pass'],
    ['p50<500ms', 'fail'],
    ['p50 <= 0.501s', 'pass'],
    // 2 % failed: p95 is a number, p99 lies among them.
    ['p95<1s', 'pass'],
    ['p99<10min', 'fail'],
    ['p99(ok)<972ms', 'unsupported'],
    ['p95(ok)<935ms', 'pass'],
    ['max(ok)<=980ms', 'pass'],
    ['max<10min', 'fail'],
    ['errors<1.5%', 'fail'],
    ['errors<=0.015', 'pass'],
    ['dropped<1%', 'pass'],
    ['rate>99/s', 'pass'],
    ['rate>=6000/min', 'fail'],
    ['script:few:p50<500ms', 'pass'],
    ['script:none:p50<500ms', 'unsupported'],
    ['service_p50<1s', 'unsupported'],
  ])('%s: %s', (text, state) => {
    expect(judge(text).state).toBe(state);
  });

  it('shows the value in the unit of people', () => {
    expect(judge('errors<1%')).toMatchObject({ value: 1.5, unit: '%' });
    expect(judge('p50<1s')).toMatchObject({ unit: 'ms' });
    expect(judge('p50<1s').value).toBeCloseTo(500, 0);
  });
});

describe('parseThresholds()', () => {
  it('adds dropped<1% to an open run that says nothing of drops', () => {
    expect(parseThresholds(['p99<1s'], 'open').map(({ text }) => text)).toEqual(['p99<1s', 'dropped<1%']);
    expect(parseThresholds(['dropped<5%'], 'open')).toHaveLength(1);
    expect(parseThresholds(['p99<1s'], 'closed')).toHaveLength(1);
  });

  it.each([
    'p98<1s',
    'p99<85',
    'p99=1s',
    'errors<150%',
    'rate>5',
    'script:a:late_p99<1s',
    'phase:x:errors<1%',
    '',
  ])('refuses %j', (text) => {
    expect(() => parseThresholds([text], 'open')).toThrow(/thresholds\[0\]: expected /);
  });
});
