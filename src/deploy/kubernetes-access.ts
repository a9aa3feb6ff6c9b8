// What other parts of a cluster need of a fleet: the permission of a broker to scale its runtimes, and where to scrape.
import { APP, LABELS, METRICS_PORT_NAME } from './kubernetes.ts';
import { formatNotedYaml, noted } from './noted-yaml.ts';

const ACCOUNT = 'enclave-broker';
const RUNTIMES = 'enclave-runtime';
const METADATA = { name: ACCOUNT, labels: LABELS };

/** For `enclave broker --pool kubernetes`: one number of one deployment, and nothing else. */
export function scalerAccessYaml(): string {
  const header = `Autoscaler, choice 3 of 3: the brokers themselves, for a fleet of brokers and runtimes instead of pods that are both:
  enclave broker --redis … --pool kubernetes --pool-deployment NAMESPACE/${RUNTIMES}
in a Deployment with serviceAccountName: ${ACCOUNT}. Its runtimes are the Deployment ${RUNTIMES} (enclave runtime --broker …),
which needs no account at all: automountServiceAccountToken: false. No HPA beside it: the broker would stand down.`;
  return formatNotedYaml(header, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: METADATA },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: METADATA,
      rules: [
        {
          apiGroups: ['apps'],
          resources: [noted('deployments/scale', 'the number of pods, not what they run')],
          resourceNames: [noted(RUNTIMES, 'this deployment alone')],
          verbs: ['get', 'patch'],
        },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: METADATA,
      subjects: [
        {
          kind: 'ServiceAccount',
          name: ACCOUNT,
          namespace: noted(APP, 'FILL IN: the namespace of brokers and runtimes'),
        },
      ],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: ACCOUNT },
    },
  ]);
}

export function podMonitorYaml(): string {
  const header = `Where the Prometheus Operator scrapes the fleet; without the operator the pods' annotations prometheus.io/* say the same.
Pod by pod, not through the Service: each has figures of its own.`;
  return formatNotedYaml(header, [
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: APP, labels: LABELS },
      spec: {
        selector: { matchLabels: LABELS },
        podMetricsEndpoints: [
          {
            port: METRICS_PORT_NAME,
            path: '/metrics',
            interval: noted('15s', 'alerts look at windows of 5 min'),
          },
        ],
      },
    },
  ]);
}
