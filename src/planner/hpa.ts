// The rule of the Kubernetes HorizontalPodAutoscaler, literally: how many replicas it would ask for.
// Source: Kubernetes documentation "Horizontal Pod Autoscaling" and pkg/controller/podautoscaler/replica_calculator.go.
import { checkCount, checkNonNegative, checkPositive } from './domain.ts';

export interface HpaMetric {
  /** Mean over the pods that are ready and report, in the unit of the target. */
  readonly averagePerPod: number;
  readonly targetPerPod: number;
  /** Pods not yet ready: their values are left out, and counted as 0 when the others ask for more. Default 0. */
  readonly unreadyPods?: number;
  /** Ready pods without a value: counted at the target when shrinking, at 0 when growing. Default 0. */
  readonly missingPods?: number;
}

export interface HpaInput {
  readonly currentReplicas: number;
  /** The largest recommendation counts. */
  readonly metrics: readonly HpaMetric[];
  /** Ratios nearer to 1 change nothing. Default 0.1. */
  readonly tolerance?: number;
  /** Default 1. */
  readonly minReplicas?: number;
  /** Default: no limit. */
  readonly maxReplicas?: number;
}

/**
 * The replicas that the autoscaler would set, before its behaviour policies and stabilisation.
 *
 * desired = ceil(pods x average / target), unchanged while |average / target - 1| <= tolerance; pods without a value or not
 * ready dampen the ratio and never turn its direction.
 *
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 * @example hpaDesiredReplicas({ currentReplicas: 3, metrics: [{ averagePerPod: 20, targetPerPod: 15 }] }) // 4
 */
export function hpaDesiredReplicas(input: HpaInput): number {
  const {
    currentReplicas,
    maxReplicas = Number.MAX_SAFE_INTEGER,
    metrics,
    minReplicas = 1,
    tolerance = 0.1,
  } = input;
  checkCount('hpaDesiredReplicas', 'currentReplicas', currentReplicas);
  checkNonNegative('hpaDesiredReplicas', 'tolerance', tolerance);
  for (const { averagePerPod, targetPerPod } of metrics) {
    checkNonNegative('hpaDesiredReplicas', 'averagePerPod', averagePerPod);
    checkPositive('hpaDesiredReplicas', 'targetPerPod', targetPerPod);
  }
  const desired = metrics.map((metric) => desiredByMetric(currentReplicas, metric, tolerance));
  const most = desired.length === 0 ? currentReplicas : Math.max(...desired);
  return Math.min(maxReplicas, Math.max(minReplicas, most));
}

function desiredByMetric(current: number, metric: HpaMetric, tolerance: number): number {
  const { averagePerPod, missingPods = 0, targetPerPod, unreadyPods = 0 } = metric;
  const reporting = Math.max(0, current - unreadyPods - missingPods);
  const isTolerated = (ratio: number) => ratio >= 1 - tolerance && ratio <= 1 + tolerance;
  const ratio = averagePerPod / targetPerPod;
  const isGrowing = ratio > 1;
  const unready = isGrowing ? unreadyPods : 0;
  if (missingPods === 0 && unready === 0)
    return isTolerated(ratio) ? current : ceilRatio(ratio * (current - unreadyPods));
  const missingAt = ratio < 1 ? targetPerPod : 0;
  const counted = reporting + missingPods + unready;
  const dampened = (averagePerPod * reporting + missingAt * missingPods) / (targetPerPod * counted);
  if (isTolerated(dampened) || isGrowing !== dampened > 1) return current;
  const replicas = ceilRatio(dampened * counted);
  return isGrowing ? Math.max(current, replicas) : Math.min(current, replicas);
}

/** ceil, but not for the error of a division: 9.000000000000002 pods are 9. */
function ceilRatio(value: number): number {
  return Math.ceil(value - 1e-9);
}
