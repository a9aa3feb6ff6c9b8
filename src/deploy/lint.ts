// What no schema sees: numbers of several manifests that contradict one another.
import { parseAllDocuments } from 'yaml';
import type { Problem } from '../errors.ts';
import { unknownKeys } from './strict-keys.ts';

export interface ManifestFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Defaults of Linux 5.4 and later; a "recommended" value below them makes things worse. */
const SYSCTL_DEFAULTS: Readonly<Record<string, number>> = {
  'net.core.somaxconn': 4_096,
  'net.ipv4.tcp_max_syn_backlog': 128,
};

/**
 * Every contradiction in a set of manifests: unknown keys, min > max, a disruption budget that blocks all drains, a quota
 * below the largest fleet, a metric nobody serves, a threshold that is no string, a kernel setting below its default.
 *
 * @param current - kernel settings as they are on the machine, where known; the file may not lower them
 */
export function lintManifests(
  files: readonly ManifestFile[],
  current: Readonly<Record<string, number>> = {},
): Problem[] {
  const objects = files.filter(({ path }) => path.endsWith('.yaml')).flatMap(readObjects);
  const named = objects.filter(({ kind }) => kind !== '');
  const find = (kind: string) => named.find((object) => object.kind === kind);
  return [
    ...objects.flatMap(({ problems }) => problems),
    ...named.flatMap(({ kind, path, value }) => unknownKeys(kind, value, path)),
    ...scalingProblems(find('HorizontalPodAutoscaler'), 'minReplicas', 'maxReplicas'),
    ...scalingProblems(find('ScaledObject'), 'minReplicaCount', 'maxReplicaCount'),
    ...thresholdProblems(find('ScaledObject')),
    ...metricProblems(find('HorizontalPodAutoscaler'), objects),
    ...targetProblems(find('Deployment'), named),
    ...budgetProblems(find('PodDisruptionBudget'), find('HorizontalPodAutoscaler'), find('Deployment')),
    ...resourceProblems(find('Deployment')),
    ...quotaProblems(find('ResourceQuota'), find('HorizontalPodAutoscaler'), find('Deployment')),
    ...files
      .filter(({ path }) => path.endsWith('sysctl.conf'))
      .flatMap((file) => sysctlProblems(file, current)),
  ];
}

interface Found {
  readonly path: string;
  readonly kind: string;
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

function readObjects({ path, text }: ManifestFile): Found[] {
  return parseAllDocuments(text).map((document): Found => {
    const value: unknown = document.toJS();
    const kind = at(value, 'kind');
    const problems = document.errors.map(({ message }) => ({ path, message }));
    return { path, kind: typeof kind === 'string' ? kind : '', value, problems };
  });
}

function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A quantity of Kubernetes in units, NaN for anything else. */
function quantity(value: unknown): number {
  const match = /^(\d+(?:\.\d+)?)(m|Ki|Mi|Gi|)$/u.exec(String(value));
  const factor: Readonly<Record<string, number>> = { m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
  return match === null ? NaN : Number(match[1]) * (factor[match[2] ?? ''] ?? 1);
}

function scalingProblems(found: Found | undefined, least: string, most: string): Problem[] {
  if (found === undefined) return [];
  const min = Number(at(found.value, 'spec', least));
  const max = Number(at(found.value, 'spec', most));
  if (min >= 1 && min <= max) return [];
  return [{ path: `${found.path}.spec.${least}`, message: `expected 1 to ${most} ${max}, got ${min}` }];
}

function thresholdProblems(found: Found | undefined): Problem[] {
  return list(at(found?.value, 'spec', 'triggers')).flatMap((trigger, index): Problem[] => {
    const metadata = at(trigger, 'metadata');
    const wrong = Object.entries(metadata ?? {}).filter(([, value]) => typeof value !== 'string');
    return wrong.map(([key, value]) => ({
      path: `${found?.path}.spec.triggers[${index}].metadata.${key}`,
      message: `expected a string, got ${JSON.stringify(value)}`,
    }));
  });
}

/** A pod metric is served by the adapter's rules or by nobody. */
function metricProblems(hpa: Found | undefined, objects: readonly Found[]): Problem[] {
  const served = objects.flatMap(({ value }) =>
    list(at(value, 'rules', 'custom')).map((rule) => at(rule, 'name', 'matches')),
  );
  return list(at(hpa?.value, 'spec', 'metrics')).flatMap((metric, index): Problem[] => {
    const path = `${hpa?.path}.spec.metrics[${index}]`;
    const percent = at(metric, 'resource', 'target', 'averageUtilization');
    if (percent !== undefined && !(Number(percent) >= 1))
      return [{ path, message: `expected at least 1 percent, got ${String(percent)}` }];
    const name = at(metric, 'pods', 'metric', 'name');
    if (name === undefined || served.includes(name)) return [];
    return [
      { path, message: `expected a metric with a series, got ${String(name)} that no adapter rule serves` },
    ];
  });
}

/** Kinds that choose the pods of the deployment. */
const SELECTING: readonly string[] = ['Service', 'PodDisruptionBudget', 'PodMonitor', 'Deployment'];

function targetProblems(deployment: Found | undefined, named: readonly Found[]): Problem[] {
  if (deployment === undefined) return [];
  const name = at(deployment.value, 'metadata', 'name');
  const labels = JSON.stringify(at(deployment.value, 'spec', 'template', 'metadata', 'labels'));
  return named.flatMap(({ kind, path, value }): Problem[] => {
    const target = at(value, 'spec', 'scaleTargetRef', 'name');
    if (target !== undefined && target !== name)
      return [
        { path: `${path}.spec.scaleTargetRef`, message: `expected ${String(name)}, got ${String(target)}` },
      ];
    const selector = at(value, 'spec', 'selector', 'matchLabels') ?? at(value, 'spec', 'selector');
    if (SELECTING.includes(kind) && JSON.stringify(selector) !== labels)
      return [
        {
          path: `${path}.spec.selector`,
          message: `expected the pods' labels ${labels}, got ${JSON.stringify(selector)}`,
        },
      ];
    return [];
  });
}

function budgetProblems(
  pdb: Found | undefined,
  hpa: Found | undefined,
  deployment: Found | undefined,
): Problem[] {
  if (pdb === undefined) return [];
  const path = `${pdb.path}.spec`;
  const minAvailable = at(pdb.value, 'spec', 'minAvailable');
  const maxUnavailable = at(pdb.value, 'spec', 'maxUnavailable');
  const replicas = Number(at(hpa?.value, 'spec', 'minReplicas') ?? at(deployment?.value, 'spec', 'replicas'));
  if ((minAvailable === undefined) === (maxUnavailable === undefined))
    return [{ path, message: 'expected one of minAvailable and maxUnavailable' }];
  if (minAvailable !== undefined && Number(minAvailable) >= replicas)
    return [
      {
        path: `${path}.minAvailable`,
        message: `expected below the ${replicas} replicas, else no node drains; got ${String(minAvailable)}`,
      },
    ];
  if (maxUnavailable !== undefined && !(Number(maxUnavailable) >= 1))
    return [
      {
        path: `${path}.maxUnavailable`,
        message: `expected at least 1, else no node drains; got ${String(maxUnavailable)}`,
      },
    ];
  return [];
}

const RESOURCES = ['cpu', 'memory'] as const;

function podResource(deployment: Found | undefined, part: 'requests' | 'limits', name: string): number {
  const containers = list(at(deployment?.value, 'spec', 'template', 'spec', 'containers'));
  return containers.reduce<number>(
    (sum, container) => sum + quantity(at(container, 'resources', part, name)),
    0,
  );
}

function resourceProblems(deployment: Found | undefined): Problem[] {
  if (deployment === undefined) return [];
  return RESOURCES.flatMap((name): Problem[] => {
    const request = podResource(deployment, 'requests', name);
    const limit = podResource(deployment, 'limits', name);
    if (request > 0 && request <= limit) return [];
    return [
      {
        path: `${deployment.path}: ${name}`,
        message: `expected a request above 0 up to the limit ${limit}, got ${request}`,
      },
    ];
  });
}

function quotaProblems(
  quota: Found | undefined,
  hpa: Found | undefined,
  deployment: Found | undefined,
): Problem[] {
  if (quota === undefined) return [];
  const surge = Number(at(deployment?.value, 'spec', 'strategy', 'rollingUpdate', 'maxSurge') ?? 0);
  const most = Number(at(hpa?.value, 'spec', 'maxReplicas') ?? at(deployment?.value, 'spec', 'replicas'));
  const pods = most + surge;
  const needs: [string, number][] = [
    ['pods', pods],
    ...(['requests', 'limits'] as const).flatMap((part) =>
      RESOURCES.map((name): [string, number] => [
        `${part}.${name}`,
        pods * podResource(deployment, part, name),
      ]),
    ),
  ];
  return needs.flatMap(([key, need]): Problem[] => {
    const has = quantity(at(quota.value, 'spec', 'hard', key));
    // Thousandths add up inexactly.
    if (has >= need * (1 - 1e-9)) return [];
    return [
      {
        path: `${quota.path}.spec.hard["${key}"]`,
        message: `expected at least ${need} for ${pods} pods, got ${has}`,
      },
    ];
  });
}

function sysctlProblems({ path, text }: ManifestFile, current: Readonly<Record<string, number>>): Problem[] {
  return [...text.matchAll(/^([\w.]+)\s*=\s*(\d+)\s*$/gmu)].flatMap(([, key = '', value]): Problem[] => {
    const floor = Math.max(SYSCTL_DEFAULTS[key] ?? 0, current[key] ?? 0);
    if (Number(value) >= floor) return [];
    return [
      { path: `${path}: ${key}`, message: `expected at least the ${floor} it has already, got ${value}` },
    ];
  });
}
