// A run report with something in every part: failures, scripts, tenants, series, a tail with stalls.
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { buildTestReport } from './run-report.ts';

/** @param concurrency - given: a closed run with so many in flight */
export function buildFullReport(concurrency?: number): RunReport {
  const base = buildTestReport(10);
  const skewed = new LatencyRecorder();
  // An exponential law with mean 10 ms, at its quantiles.
  for (let i = 0; i < 20_000; i++) skewed.record(-Math.log(1 - (i + 0.5) / 20_000) * 10_000);
  const late = new LatencyRecorder();
  for (let i = 0; i < 20_000; i++) late.record(i % 400);
  const isOpen = concurrency === undefined;
  return {
    ...base,
    validity: {
      valid: true,
      generator_limited: false,
      checks: [
        { id: 'late-p99', value: 395, limit: 1_000, unit: 'us', state: 'ok' },
        { id: 'load-before', value: 1.4, limit: 1, unit: 'n', state: 'warned' },
        { id: 'throttled', value: null, limit: 0, unit: 'n', state: 'unknown' },
      ],
    },
    scenario: {
      ...base.scenario,
      name: 'mixed <b>&"',
      model: isOpen ? 'open' : 'closed',
      arrivals: isOpen ? 'poisson' : null,
      rate_per_s: isOpen ? 200 : null,
      concurrency_n: concurrency ?? null,
    },
    counts: {
      asked_n: 20_100,
      sent_n: 20_060,
      done_n: 20_050,
      ok_n: 20_000,
      expected_n: 0,
      failed: { TOOL_ERROR: 40, '</script><script>alert(1)</script>': 10 },
      dropped_n: 40,
      abandoned_n: 10,
    },
    rates: { ...base.rates, done_per_s: 100 * Math.sqrt(concurrency ?? 4), in_flight_max_n: 31 },
    latency: [
      skewed.summary('response', 'all', 100),
      skewed.summary('response', 'ok'),
      skewed.summary('service', 'all', 100),
      late.summary('late', 'all'),
      ...['script:simple', 'script:tools', 'tenant:a', 'tenant:b'].map((scope) =>
        skewed.summary('response', scope),
      ),
    ],
    series: Array.from({ length: 100 }, (_, index) => ({
      t_s: index + 1,
      asked_n: 200 + (index % 7),
      done_n: 200 + (index % 5),
      failed_n: 0,
      dropped_n: 0,
      in_flight_n: index % 11,
      p50_us: 7_000 + index * 10,
      p90_us: 23_000 + (index % 9) * 800,
      p99_us: null,
      max_us: 80_000 + (index % 13) * 9_000,
    })),
    tail: {
      slowest: Array.from({ length: 20 }, (_, index) => ({
        index_n: index,
        script: 'tools',
        end: index === 3 ? 'TOOL_ERROR' : 'ok',
        intended_s: index * 4.5,
        response_us: 100_000 - index * 1_000,
        late_us: 1_000,
        queue_us: 40_000,
        start_us: 5_000,
        cpu_us: 20_000,
        tool_us: 30_000,
        transfer_us: 4_000 - index * 1_000 + (index > 4 ? index * 1_000 - 4_000 : 0),
        overlaps: index % 4 === 0 ? ['gc' as const] : index === 1 ? ['loop-block' as const] : [],
      })),
      stalls: [
        { kind: 'gc', from_s: 18, duration_us: 6_000 },
        { kind: 'loop-block', from_s: 4.5, duration_us: 60_000 },
      ],
      stalls_dropped_n: 0,
    },
    thresholds: [
      { text: 'p99<50ms', value: 47.2, unit: 'ms', state: 'pass' },
      { text: 'errors<0.1%', value: 0.25, unit: '%', state: 'fail' },
    ],
  };
}
