// Kubernetes objects of a plan: the base that is applied as a whole, and two autoscalers of which one is chosen.
import type { DeployNumbers } from './deploy-numbers.ts';
import { formatNotedYaml, type Noted, noted, type Tree } from './noted-yaml.ts';

/** Not a valid image reference, so that nothing starts before it is replaced. */
export const IMAGE = 'REPLACE_ME/enclave:REPLACE_ME';
const APP = 'enclave';
const LABELS = { 'app.kubernetes.io/name': APP };
const PORT = noted(8080, 'assumed port of the image; the same in the Service and the Ingress');
const FILL_IN = `FILL IN before use: image ${IMAGE} (no image is published; the placeholder is refused by the kubelet on
purpose), its command, and the port if it is not 8080.`;

export function deploymentYaml(n: DeployNumbers): string {
  const resources = {
    requests: { cpu: n.cpuRequest, memory: n.memory },
    limits: { cpu: n.cpuLimit, memory: n.memory },
  };
  const probe = (path: string, seconds: Noted<number>, failures: Noted<number>): Tree => ({
    httpGet: { path, port: 'http' },
    periodSeconds: seconds,
    failureThreshold: failures,
  });
  const container = {
    name: APP,
    image: IMAGE,
    ports: [{ name: 'http', containerPort: PORT }],
    resources,
    readinessProbe: probe('/readyz', noted(5, 'assumed'), noted(2, 'out of the Service after 2 x 5 s')),
    livenessProbe: probe(
      '/healthz',
      noted(10, 'assumed'),
      noted(3, 'restarted after 3 x 10 s without an answer'),
    ),
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  return formatNotedYaml(`The fleet of the plan: one pod per instance.\n${FILL_IN}`, [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: APP, labels: LABELS },
      spec: {
        replicas: n.replicas,
        selector: { matchLabels: LABELS },
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxUnavailable: noted(0, 'surge pods count only when ready: no pod of the plan goes first'),
            maxSurge: n.surge,
          },
        },
        template: {
          metadata: { labels: LABELS },
          spec: {
            terminationGracePeriodSeconds: noted(
              n.sessionTimeoutS.value + 30,
              `session time-out ${n.sessionTimeoutS.value} s + 30 s to drain`,
            ),
            topologySpreadConstraints: spread(n),
            containers: [container],
          },
        },
      },
    },
  ]);
}

/** Hard only when the plan counts on it: a zone that may fail must not hold more than its share. */
function spread({ zones, loseZones }: DeployNumbers): Tree {
  const isHard = loseZones > 0;
  const why = isHard
    ? `${loseZones} of ${zones} zones may fail: equal shares`
    : `${zones} zones, none planned to fail`;
  return [
    {
      maxSkew: noted(1, why),
      ...(isHard ? { minDomains: noted(zones, `zones of the plan`) } : {}),
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: isHard ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: LABELS },
    },
    {
      maxSkew: noted(1, 'one pod per instance: the loss of a node is the loss of one'),
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: LABELS },
    },
  ];
}

export function serviceYaml(): string {
  return formatNotedYaml('The pods behind one name.', [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: APP, labels: LABELS },
      spec: {
        type: 'ClusterIP',
        selector: LABELS,
        ports: [{ name: 'http', port: PORT, targetPort: 'http' }],
      },
    },
  ]);
}

export function disruptionBudgetYaml(n: DeployNumbers): string {
  const header = `Drains of nodes.
maxUnavailable, not minAvailable: ${n.needed} needed at the peak as minAvailable would block every drain while the
autoscaler holds fewer than ${n.needed + 1} pods.`;
  return formatNotedYaml(header, [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: APP, labels: LABELS },
      spec: { maxUnavailable: n.maxUnavailable, selector: { matchLabels: LABELS } },
    },
  ]);
}

export function quotaYaml(n: DeployNumbers): string {
  return formatNotedYaml(
    'Room for the largest fleet and one roll-out, no more. For a namespace of its own.',
    [
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: APP, labels: LABELS },
        spec: {
          hard: {
            pods: noted(String(n.quotaPods.value), n.quotaPods.why),
            'requests.cpu': n.quotaCpuRequest,
            'limits.cpu': n.quotaCpuLimit,
            'requests.memory': n.quotaMemory,
            'limits.memory': n.quotaMemory,
          },
        },
      },
    ],
  );
}

export function ingressYaml(n: DeployNumbers): string {
  const age = noted(String(n.sessionTimeoutS.value), n.sessionTimeoutS.why);
  const annotation = (key: string): string => `nginx.ingress.kubernetes.io/${key}`;
  return formatNotedYaml(
    `Cookie affinity for sessions; needs the ingress-nginx controller. FILL IN the host name.
Affinity splits the queue: a plan with --queue pooled does not hold behind it.`,
    [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: {
          name: APP,
          labels: LABELS,
          annotations: {
            [annotation('affinity')]: 'cookie',
            [annotation('affinity-mode')]: 'balanced',
            [annotation('session-cookie-name')]: 'enclave_affinity',
            [annotation('session-cookie-max-age')]: age,
            [annotation('session-cookie-expires')]: age,
            [annotation('proxy-buffering')]: 'off',
            [annotation('proxy-read-timeout')]: noted(age.value, 'a stream lives as long as its session'),
          },
        },
        spec: {
          ingressClassName: 'nginx',
          rules: [
            {
              host: 'enclave.invalid',
              http: {
                paths: [
                  {
                    path: '/',
                    pathType: 'Prefix',
                    backend: { service: { name: APP, port: { name: 'http' } } },
                  },
                ],
              },
            },
          ],
        },
      },
    ],
  );
}

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
    `Autoscaler, choice 1 of 2: apply this or the KEDA ScaledObject, never both.
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
    `Autoscaler, choice 2 of 2: apply this or the HPA, never both (KEDA makes an HPA of its own).
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
