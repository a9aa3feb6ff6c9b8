// Two autoscalers of a plan, of which one is chosen, and what Prometheus must serve for the first.
import type { DeployNumbers } from './deploy-numbers.ts';
import { APP, LABELS } from './kubernetes.ts';
import { formatNotedYaml, type Noted, noted, type Tree } from './noted-yaml.ts';

/** Seconds of load that a scale-in must have seen, and what is taken at once. */
const CALM_S = noted(300, 'the default of Kubernetes: a lull of 5 min before pods go');
const TARGET_REF = { apiVersion: 'apps/v1', kind: 'Deployment', name: APP };

function behavior(n: DeployNumbers): Tree {
  const tenth = Math.max(1, Math.ceil(n.maxReplicas.value / 10));
  return {
    scaleUp: {
      stabilizationWindowSeconds: noted(0, 'a peak is served at once'),
      selectPolicy: 'Max',
      policies: [
        {
          type: 'Percent',
          value: noted(100, 'doubles'),
          periodSeconds: noted(15, 'each sync of the autoscaler'),
        },
        {
          type: 'Pods',
          value: noted(
            Math.max(1, n.maxReplicas.value - n.minReplicas.value),
            'maxReplicas - minReplicas: one step',
          ),
          periodSeconds: noted(15, 'each sync of the autoscaler'),
        },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: CALM_S,
      policies: [
        {
          type: 'Pods',
          value: noted(tenth, `ceil(${n.maxReplicas.value} / 10): slowly, sessions drain`),
          periodSeconds: noted(60, 'assumed'),
        },
      ],
    },
  };
}

export function hpaYaml(n: DeployNumbers): string {
  return formatNotedYaml(
    `Autoscaler, choice 1 of 3: apply this or the KEDA ScaledObject, never both.
Needs metrics-server for cpu, and prometheus-adapter that serves enclave_active_executions as a pod metric
(rules in prometheus/adapter-rules.yaml). Without the adapter delete that metric: an HPA with a metric that has no
series never scales in.`,
    [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: APP, labels: LABELS },
        spec: {
          scaleTargetRef: TARGET_REF,
          minReplicas: n.minReplicas,
          maxReplicas: n.maxReplicas,
          metrics: [
            {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: n.hpaCpuPercent } },
            },
            {
              type: 'Pods',
              pods: {
                metric: { name: 'enclave_active_executions' },
                target: { type: 'AverageValue', averageValue: quantity(n.inFlightPerPod) },
              },
            },
          ],
          behavior: behavior(n),
        },
      },
    ],
  );
}

export function scaledObjectYaml(n: DeployNumbers): string {
  return formatNotedYaml(
    `Autoscaler, choice 2 of 3: apply this or the HPA, never both (KEDA makes an HPA of its own).
Needs KEDA 2 and Prometheus. FILL IN the address of Prometheus.
Waiting executions count as well: running ones alone stop at the number of workers and hide a backlog.`,
    [
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: APP, labels: LABELS },
        spec: {
          scaleTargetRef: { name: APP },
          minReplicaCount: n.minReplicas,
          maxReplicaCount: n.maxReplicas,
          pollingInterval: noted(15, 'as often as the HPA syncs'),
          cooldownPeriod: CALM_S,
          advanced: { horizontalPodAutoscalerConfig: { behavior: behavior(n) } },
          triggers: [
            {
              type: 'prometheus',
              metricType: 'AverageValue',
              metadata: {
                serverAddress: 'http://prometheus.invalid:9090',
                query:
                  'sum(enclave_active_executions) + (sum(max by (runtime, priority) (enclave_queue_depth)) or vector(0))',
                threshold: noted(
                  String(n.inFlightPerPod.value),
                  `${n.inFlightPerPod.why}; KEDA wants a string`,
                ),
              },
            },
            {
              type: 'cpu',
              metricType: 'Utilization',
              metadata: { value: noted(String(n.hpaCpuPercent.value), n.hpaCpuPercent.why) },
            },
          ],
        },
      },
    ],
  );
}

export function adapterRulesYaml(): string {
  return formatNotedYaml(
    `Values for the prometheus-adapter chart: serves enclave_active_executions per pod to the HPA.
Needs a scrape that adds the labels namespace and pod.`,
    [
      {
        rules: {
          custom: [
            {
              seriesQuery: 'enclave_active_executions{namespace!="",pod!=""}',
              resources: {
                overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } },
              },
              name: { matches: 'enclave_active_executions' },
              metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)',
            },
          ],
        },
      },
    ],
  );
}

/** Kubernetes takes at most three decimals: thousandths, as `2140m`. */
function quantity({ value, why }: Noted<number>): Noted<string> {
  return noted(`${Math.max(1, Math.floor(value * 1_000 + 1e-6))}m`, why);
}
