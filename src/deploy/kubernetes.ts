// Kubernetes objects of a plan that are applied as a whole; the two autoscalers stand in a file of their own.
import type { DeployNumbers } from './deploy-numbers.ts';
import { formatNotedYaml, type Noted, noted, type Tree } from './noted-yaml.ts';
import { SECRETS_FOLDER, SERVE_PORT, serveArguments } from './serve-command.ts';

/** Not a valid image reference, so that nothing starts before it is replaced. */
export const IMAGE = 'REPLACE_ME/enclave:REPLACE_ME';
export const APP = 'enclave';
export const LABELS: Readonly<Record<string, string>> = { 'app.kubernetes.io/name': APP };
export const METRICS_PORT_NAME = 'metrics';
const METRICS_PORT = 9_464;
const METRICS_ARGUMENTS = [
  noted(`--metrics-port=${METRICS_PORT}`, 'needs no key, so it is in no Service and no Ingress'),
  noted('--metrics-host=0.0.0.0', 'Prometheus comes from outside the pod'),
];
/** Read by Prometheus as its common Kubernetes configuration does; texts, as all annotations. */
const SCRAPED = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': noted(String(METRICS_PORT), 'that of --metrics-port'),
  'prometheus.io/path': '/metrics',
};
const PORT: Noted<number> = noted(SERVE_PORT, 'assumed; the same in the Service and the Ingress');
const FILL_IN = `FILL IN before use: image ${IMAGE}, one whose entry point is enclave (none is published; the placeholder
is refused by the kubelet on purpose). The keys, lines of "key tenant", and a token of 16 characters and more come from a secret:
  kubectl create secret generic enclave --from-file=keys --from-file=runtime-token`;

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
    args: [...serveArguments(n), ...METRICS_ARGUMENTS],
    volumeMounts: [{ name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true }],
    ports: [
      { name: 'http', containerPort: PORT },
      { name: METRICS_PORT_NAME, containerPort: noted(METRICS_PORT, 'that of --metrics-port') },
    ],
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
          metadata: { labels: LABELS, annotations: SCRAPED },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: noted(
              n.sessionTimeoutS.value + 30,
              `session time-out ${n.sessionTimeoutS.value} s + 30 s to drain`,
            ),
            topologySpreadConstraints: spread(n),
            containers: [container],
            volumes: [{ name: 'secrets', secret: { secretName: APP } }],
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
