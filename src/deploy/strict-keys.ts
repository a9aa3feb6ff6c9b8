// The keys that our manifests may hold, per kind. Kubernetes ignores or prunes what it does not know: a misspelt limit is none.
import type { Problem } from '../errors.ts';

/** `*`: any key. A list of maps is described by its element. */
type Shape = { readonly [key: string]: Shape | true };

const meta: Shape = { name: true, labels: { '*': true }, annotations: { '*': true } };
const top = (spec: Shape): Shape => ({ apiVersion: true, kind: true, metadata: meta, spec });
const selector: Shape = { matchLabels: { '*': true } };
const resources: Shape = { requests: { cpu: true, memory: true }, limits: { cpu: true, memory: true } };
const probe: Shape = { httpGet: { path: true, port: true }, periodSeconds: true, failureThreshold: true };
const policies: Shape = { type: true, value: true, periodSeconds: true };
const scaling: Shape = { stabilizationWindowSeconds: true, selectPolicy: true, policies };
const behavior: Shape = { scaleUp: scaling, scaleDown: scaling };

const SHAPES: Readonly<Record<string, Shape>> = {
  Deployment: top({
    replicas: true,
    selector,
    strategy: { type: true, rollingUpdate: { maxUnavailable: true, maxSurge: true } },
    template: {
      metadata: { labels: { '*': true }, annotations: { '*': true } },
      spec: {
        automountServiceAccountToken: true,
        terminationGracePeriodSeconds: true,
        topologySpreadConstraints: {
          maxSkew: true,
          minDomains: true,
          topologyKey: true,
          whenUnsatisfiable: true,
          labelSelector: selector,
        },
        containers: {
          name: true,
          image: true,
          args: true,
          volumeMounts: { name: true, mountPath: true, readOnly: true },
          ports: { name: true, containerPort: true },
          resources,
          readinessProbe: probe,
          livenessProbe: probe,
          securityContext: { allowPrivilegeEscalation: true, capabilities: { drop: true } },
        },
        volumes: { name: true, secret: { secretName: true } },
      },
    },
  }),
  Service: top({ type: true, selector: { '*': true }, ports: { name: true, port: true, targetPort: true } }),
  PodDisruptionBudget: top({ minAvailable: true, maxUnavailable: true, selector }),
  ResourceQuota: top({
    hard: {
      pods: true,
      'requests.cpu': true,
      'limits.cpu': true,
      'requests.memory': true,
      'limits.memory': true,
    },
  }),
  Ingress: top({
    ingressClassName: true,
    rules: {
      host: true,
      http: {
        paths: { path: true, pathType: true, backend: { service: { name: true, port: { name: true } } } },
      },
    },
  }),
  HorizontalPodAutoscaler: top({
    scaleTargetRef: { apiVersion: true, kind: true, name: true },
    minReplicas: true,
    maxReplicas: true,
    metrics: {
      type: true,
      resource: { name: true, target: { type: true, averageUtilization: true } },
      pods: { metric: { name: true }, target: { type: true, averageValue: true } },
    },
    behavior,
  }),
  PodMonitor: top({ selector, podMetricsEndpoints: { port: true, path: true, interval: true } }),
  ServiceAccount: { apiVersion: true, kind: true, metadata: meta },
  Role: {
    apiVersion: true,
    kind: true,
    metadata: meta,
    rules: { apiGroups: true, resources: true, resourceNames: true, verbs: true },
  },
  RoleBinding: {
    apiVersion: true,
    kind: true,
    metadata: meta,
    subjects: { kind: true, name: true, namespace: true },
    roleRef: { apiGroup: true, kind: true, name: true },
  },
  ScaledObject: top({
    scaleTargetRef: { name: true },
    minReplicaCount: true,
    maxReplicaCount: true,
    pollingInterval: true,
    cooldownPeriod: true,
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
    triggers: {
      type: true,
      metricType: true,
      metadata: { serverAddress: true, query: true, threshold: true, value: true },
    },
  }),
};

/** Every key that the kind does not have, with its path. */
export function unknownKeys(kind: string, object: unknown, path: string): Problem[] {
  const shape = SHAPES[kind];
  if (shape === undefined)
    return [{ path, message: `expected a kind that enclave emits, got ${JSON.stringify(kind)}` }];
  return visit(object, shape, path);
}

function visit(value: unknown, shape: Shape, path: string): Problem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => visit(item, shape, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): Problem[] => {
    const known = shape[key] ?? shape['*'];
    if (known === undefined) return [{ path: `${path}.${key}`, message: 'expected no such key' }];
    return known === true ? [] : visit(inner, known, `${path}.${key}`);
  });
}
