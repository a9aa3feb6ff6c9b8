// One report of each kind of study, with something in every part and hostile names.
import { buildCompareReport } from '../../src/bench/compare-report.ts';
import type { CompareReport } from '../../src/report/compare-report.ts';
import type { SearchReport } from '../../src/report/search-report.ts';
import type { SelfTestReport } from '../../src/report/self-test-report.ts';
import type { SweepReport } from '../../src/report/sweep-report.ts';
import { buildTestReport } from './run-report.ts';

const { env } = buildTestReport(1);
const HOSTILE = 'mixed <b>&"|';
const head = {
  schema: 'enclave.bench/1',
  complete: true,
  exit_code: 0,
  ended_at: '2026-11-20T00:10:00.000Z',
  env,
} as const;
const scenario = { name: HOSTILE, purpose: 'a <i>test</i>', hash: 'h', seed: 42 };

export function buildSearchReport(): SearchReport {
  const rates = [60, 120, 240, 180, 210, 195, 195, 195, 195];
  return {
    ...head,
    kind: 'search',
    scenario,
    target: { driver: 'local, isolated', pool_size_n: 2, isolation: 'isolate' },
    search: {
      slo: ['p99<=100ms'],
      state: 'found',
      confirmed_per_s: 195,
      failing_per_s: 210,
      width_ratio: 15 / 210,
      reason: 'p99<=100ms: 131.0 ms',
      hint_per_s: 240,
      trials: rates.map((rate_per_s, index) => ({
        stage: index < 3 ? 'bracket' : index < 6 ? 'bisect' : 'confirm',
        rate_per_s,
        duration_s: index < 3 ? 20 : 12.5,
        seed: 42 + index,
        state: rate_per_s > 200 ? 'fail' : index === 5 ? 'void' : 'pass',
        reason:
          rate_per_s > 200
            ? 'p99<=100ms: 131.0 ms'
            : index === 5
              ? 'CPU stolen by the hypervisor: 9 %, limit 5 %'
              : '',
        done_per_s: Math.min(rate_per_s, 205),
        in_flight_mean_n: rate_per_s / 10,
        p50_us: 12_000,
        p99_us: rate_per_s > 230 ? null : 10_000 * Math.exp(rate_per_s / 80),
      })),
    },
  };
}

export function buildSweepReport(): SweepReport {
  const levels = [1, 2, 4, 8, 16, 32];
  // X(N) = 100 N / (1 + .05 (N - 1) + .002 N (N - 1))
  const throughput = (n: number): number => (100 * n) / (1 + 0.05 * (n - 1) + 0.002 * n * (n - 1));
  return {
    ...head,
    kind: 'sweep',
    scenario,
    target: { driver: 'local, isolated', isolation: 'isolate' },
    axis: 'concurrency',
    sweep: levels.map((level) => ({
      level_n: level,
      concurrency_n: level,
      done_per_s: throughput(level),
      p50_us: (level / throughput(level)) * 1e6,
      p99_us: (level / throughput(level)) * 2.4e6,
      little_n: level,
      valid: true,
      reason: '',
    })),
    points: levels.map((level) => ({ concurrency: level, throughput: throughput(level) })),
  };
}

export function buildComparison(): CompareReport {
  const a = [10, 10.1, 10.2, 10.3, 10.4].map(buildTestReport);
  const b = [12, 12.1, 12.2, 12.3, 12.4].map(buildTestReport);
  return buildCompareReport(a, b, { failsOnWorse: true });
}

export function buildSelfTestReport(): SelfTestReport {
  const laws = ['fixed', 'bimodal', 'one server, Poisson'];
  return {
    ...head,
    kind: 'self-test',
    rows: laws.flatMap((law, index) =>
      (['executor', 'http'] as const).flatMap((target) =>
        [0.5, 0.9, 0.99].map((quantile) => {
          const theory = 5 + index * 20 * quantile;
          const isMissed = law === 'bimodal' && target === 'http' && quantile === 0.99;
          const error = isMissed ? 2.4 : target === 'http' ? 0.8 : 0.3;
          return {
            law,
            target,
            quantile,
            theory_ms: theory,
            measured_ms: theory + error,
            error_ms: error,
            limit_ms: 1.6,
            state: isMissed ? ('missed' as const) : ('met' as const),
            invalid: isMissed ? 'other-cpu' : null,
          };
        }),
      ),
    ),
    generator: { ceiling_per_s: 81_234, clock_step_us: 0.07, late_p50_us: 130, late_p99_us: 700 },
  };
}
