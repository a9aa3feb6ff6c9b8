// A valid run report to start from, and the bins of a service time that is known: uniform from 20 to 40 ms.
import type { Bin } from '../../src/planner/service-time.ts';
import { RUN_REPORT_SCHEMA, type RunReport } from '../../src/report/run-report.ts';

export const uniformBins = (count: number): readonly Bin[] => [{ fromS: 0.02, toS: 0.04, count }];

/** 2 cores, 50 executions/s of 4 ms CPU each (3 in host processes, 1 in the embedding process): 10 % busy. */
export function runReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    schema: RUN_REPORT_SCHEMA,
    kind: 'run',
    complete: true,
    exit_code: 0,
    validity: { valid: true, generator_limited: false, checks: [] },
    scenario: {
      name: 'tools',
      purpose: 'a fixture',
      hash: '0'.repeat(64),
      seed: 1,
      model: 'open',
      arrivals: 'poisson',
      rate_per_s: 50,
      concurrency_n: null,
    },
    target: {
      driver: 'local',
      pool_size_n: 2,
      isolation: 'isolate',
      max_in_flight_n: 100,
      timeout_ms: 30_000,
    },
    timing: {
      started_at: '2026-11-20T10:00:00.000Z',
      ended_at: '2026-11-20T10:00:42.000Z',
      warmup_s: 2,
      warmup_n: 100,
      measured_s: 40,
      drain_s: 0,
    },
    counts: {
      asked_n: 2_000,
      sent_n: 2_000,
      done_n: 2_000,
      ok_n: 2_000,
      expected_n: 0,
      failed: {},
      dropped_n: 0,
      abandoned_n: 0,
    },
    rates: { asked_per_s: 50, sent_per_s: 50, done_per_s: 50, in_flight_mean_n: 1.5, in_flight_max_n: 6 },
    latency: [],
    cost: {
      script_cpu_mean_us: 1_500,
      script_cpu_scv: 0.5,
      host_cpu_mean_us: 3_000,
      embedding_cpu_mean_us: 1_000,
      tool_mean_us: 20_000,
      tool_calls_mean_n: 2,
    },
    hosts: [{ pid: 1, completed_n: 2_000, cpu_ratio: 0.1, rss_max_bytes: 100 * 2 ** 20 }],
    series: [],
    thresholds: [],
    env: {
      cpu_model: 'Intel Xeon',
      cores_n: 2,
      cgroup_quota_cores: null,
      mem_bytes: 8 * 2 ** 30,
      platform: 'linux',
      kernel: '6.1',
      node: 'v24.0.0',
      v8: '13',
      enclave: '0.1.0',
      git_sha: null,
      git_dirty: null,
      argv: [],
      load1_before: 0,
    },
    ...changes,
  };
}
