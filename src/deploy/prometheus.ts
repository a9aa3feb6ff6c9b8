// Alert rules of a plan and promtool unit tests in which each alert fires and stays silent.
import type { Plan } from '../planner/plan-types.ts';
import type { DeployNumbers } from './deploy-numbers.ts';
import { formatNotedYaml, noted, type Tree } from './noted-yaml.ts';

interface Alert {
  readonly name: string;
  readonly expr: string;
  /** Derivation of the number in `expr`. */
  readonly why: string;
  readonly forMinutes: number;
  readonly summary: string;
  /** Series of a minute's step that make it fire and leave it silent, promtool's notation. */
  readonly fires: readonly Series[];
  readonly silent: readonly Series[];
  /** Labels that the alert carries besides its severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

interface Series {
  readonly series: string;
  readonly values: string;
}

/** Minutes of series in the tests: rate window and longest `for`, twice. */
const TEST_MINUTES = 30;

export function alertRulesYaml(plan: Plan, n: DeployNumbers): string {
  const rules = alerts(plan, n).map((alert) => ({
    alert: alert.name,
    expr: noted(alert.expr, alert.why),
    for: noted(`${alert.forMinutes}m`, 'assumed: longer than one lost scrape'),
    labels: { severity: 'page' },
    annotations: { summary: alert.summary },
  }));
  return formatNotedYaml(
    `Alerts of the plan. Check: promtool check rules alerts.yaml && promtool test rules alerts-test.yaml`,
    [{ groups: [{ name: 'enclave-plan', rules }] }],
  );
}

export function alertTestsYaml(plan: Plan, n: DeployNumbers): string {
  const tests = alerts(plan, n).flatMap((alert): Tree[] => {
    const test = (title: string, input: readonly Series[], expected: Tree): Tree => ({
      interval: noted('1m', 'one sample a minute'),
      name: `${alert.name} ${title}`,
      input_series: input.map(({ series, values }) => ({ series, values: noted(values, 'see the rule') })),
      alert_rule_test: [
        {
          eval_time: noted(`${TEST_MINUTES}m`, 'rate window and `for` have passed'),
          alertname: alert.name,
          exp_alerts: expected,
        },
      ],
    });
    const fired = {
      exp_labels: { severity: 'page', ...alert.labels },
      exp_annotations: { summary: alert.summary },
    };
    return [test('fires', alert.fires, [fired]), test('stays silent', alert.silent, [])];
  });
  return formatNotedYaml('promtool test rules alerts-test.yaml', [
    { rule_files: ['alerts.yaml'], evaluation_interval: noted('1m', 'as the series'), tests },
  ]);
}

function alerts(plan: Plan, n: DeployNumbers): readonly Alert[] {
  const peak = plan.verdict.peakPerSecond;
  const limit = rounded(peak);
  const backlog = Math.max(1, Math.ceil(peak));
  // One series that carries the sum: thousands of runtimes would make thousands of series.
  const health = (up: number): Series[] => [
    { series: 'enclave_runtime_health{runtime_id="all"}', values: `${up}+0x${TEST_MINUTES}` },
  ];
  const executed = (perSecond: number): Series[] => [
    {
      series: 'enclave_executions_total{outcome="ok"}',
      values: `0+${rounded(perSecond * 60)}x${TEST_MINUTES}`,
    },
  ];
  const queued = (value: number): Series[] => [
    // Two brokers see the same queue: it counts once.
    ...['a', 'b'].map((instance) => ({
      series: `enclave_queue_depth{runtime="any",priority="normal",instance="${instance}"}`,
      values: `${value}+0x${TEST_MINUTES}`,
    })),
  ];
  const lost = (value: number): Series[] => [
    { series: 'enclave_runtime_health{runtime_id="r1"}', values: `${value}+0x${TEST_MINUTES}` },
  ];
  return [
    ...latencyAlerts(plan),
    {
      name: 'EnclaveLoadAbovePlan',
      expr: `sum(rate(enclave_executions_total[5m])) > ${limit}`,
      why: `peak rate of the plan, ${rounded(peak)}/s`,
      forMinutes: 10,
      summary: 'the load is above the peak that the fleet was planned for',
      fires: executed(peak * 1.5),
      silent: executed(peak * 0.5),
    },
    {
      name: 'EnclaveFleetBelowNeed',
      expr: `(sum(min by (runtime_id) (enclave_runtime_health)) or vector(0)) < ${n.minReplicas.value}`,
      why: `minReplicas: ${n.minReplicas.why}`,
      forMinutes: 5,
      summary: 'fewer runtimes are healthy than the least that the plan keeps',
      fires: health(n.minReplicas.value - 1),
      silent: health(n.minReplicas.value),
    },
    {
      name: 'EnclaveRuntimeLost',
      expr: 'min by (runtime_id) (enclave_runtime_health) == 0',
      why: '1 healthy, 0 for ten minutes after the loss',
      forMinutes: 1,
      summary: 'a runtime is lost',
      labels: { runtime_id: 'r1' },
      fires: lost(0),
      silent: lost(1),
    },
    {
      name: 'EnclaveBacklog',
      // Every broker tells the depth of the whole fleet.
      expr: `sum(max by (runtime, priority) (enclave_queue_depth)) > ${backlog}`,
      why: `one second of the peak of ${rounded(peak)}/s waits`,
      forMinutes: 5,
      summary: 'more than a second of the planned peak waits in the queue',
      fires: queued(backlog + 1),
      silent: queued(backlog),
    },
  ];
}

/** One alert for each objective on the response time; waits have no histogram of their own. */
function latencyAlerts(plan: Plan): readonly Alert[] {
  return plan.slos
    .filter(({ metric }) => metric === 'response')
    .map(({ limitMs, p }): Alert => {
      const limitS = limitMs / 1_000;
      const bucket = (le: string, perMinute: number): Series => ({
        series: `enclave_execution_latency_seconds_bucket{le="${le}"}`,
        values: `0+${perMinute}x${TEST_MINUTES}`,
      });
      const percent = Number((p * 100).toFixed(6));
      // All within the limit, or none: whatever the percentile, it is below or above.
      const within = (count: number): Series[] => [
        bucket(String(limitS / 2), count),
        bucket(String(limitS * 2), 60),
        bucket(String(limitS * 4), 60),
        bucket('+Inf', 60),
      ];
      return {
        name: `EnclaveResponseP${String(percent).replace('.', '_')}`,
        expr: `histogram_quantile(${p}, sum by (le) (rate(enclave_execution_latency_seconds_bucket[5m]))) > ${limitS}`,
        why: `objective p${percent}=${limitMs}ms`,
        forMinutes: 5,
        summary: `p${percent} of the response time is above ${limitMs} ms`,
        // No execution within the limit's half: all lie between half and twice, or beyond twice.
        fires: [bucket(String(limitS), 0), bucket(String(limitS * 2), 60), bucket('+Inf', 60)],
        silent: within(60),
      };
    });
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
