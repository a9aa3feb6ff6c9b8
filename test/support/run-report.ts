// A small valid run report whose response times are all the same.
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import { RUN_REPORT_SCHEMA, type RunReport } from '../../src/report/run-report.ts';

/** @param responseMs - every one of its 1,000 response times */
export function buildTestReport(responseMs: number): RunReport {
  const recorder = new LatencyRecorder();
  for (let i = 0; i < 1_000; i++) recorder.record(responseMs * 1_000);
  return {
    schema: RUN_REPORT_SCHEMA,
    kind: 'run',
    complete: true,
    exit_code: 0,
    validity: { valid: true, generator_limited: false, checks: [] },
    scenario: {
      name: 'test',
      purpose: 'a test',
      hash: 'h',
      seed: 1,
      model: 'open',
      arrivals: 'poisson',
      rate_per_s: 100,
      concurrency_n: null,
    },
    target: {
      driver: 'local',
      pool_size_n: 2,
      isolation: 'isolate',
      max_in_flight_n: 10,
      timeout_ms: 30_000,
    },
    timing: {
      started_at: '2026-11-20T00:00:00.000Z',
      ended_at: '2026-11-20T00:00:10.000Z',
      warmup_s: 1,
      warmup_n: 100,
      measured_s: 10,
      drain_s: 0,
    },
    counts: {
      asked_n: 1_000,
      sent_n: 1_000,
      done_n: 1_000,
      ok_n: 1_000,
      expected_n: 0,
      failed: {},
      dropped_n: 0,
      abandoned_n: 0,
    },
    rates: { asked_per_s: 100, sent_per_s: 100, done_per_s: 100, in_flight_mean_n: 1, in_flight_max_n: 2 },
    latency: [recorder.summary('response', 'all')],
    cost: {
      script_cpu_mean_us: null,
      script_cpu_scv: null,
      host_cpu_mean_us: null,
      embedding_cpu_mean_us: null,
      tool_mean_us: null,
      tool_calls_mean_n: null,
    },
    hosts: [],
    series: [],
    thresholds: [],
    env: {
      cpu_model: 'test',
      cores_n: 2,
      cgroup_quota_cores: null,
      mem_bytes: 1,
      platform: 'linux',
      kernel: '6',
      node: 'v24.0.0',
      v8: '13',
      enclave: '0.1.0',
      git_sha: null,
      git_dirty: null,
      argv: [],
      load1_before: null,
    },
  };
}
