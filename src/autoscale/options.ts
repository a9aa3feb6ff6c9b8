// Options of the pool as the published guide names them, their defaults, and the one place where they are checked.
import { invalidInput, type Problem } from '../errors.ts';
import { affordableSize, type PoolPolicy } from './decide.ts';
import type { KubernetesOptions } from './kubernetes-driver.ts';
import type { LocalRuntimeOptions } from './local-driver.ts';

/** How many runtimes there are, and who starts them. Times are ms, shares 0..1. */
export interface RuntimePoolOptions {
  /** Default 2. */
  readonly minSize?: number;
  /** Default 10. */
  readonly maxSize?: number;
  /** The pool grows when more than this share of its places is busy. Default 0.8. */
  readonly scaleUpThreshold?: number;
  /** It loses a runtime when less is busy at two checks in a row. Default 0.3. */
  readonly scaleDownThreshold?: number;
  /** Between two checks. Default 30,000. */
  readonly scaleInterval?: number;
  /** After a change nothing is taken away for so long. Default: two intervals. */
  readonly cooldown?: number;
  /** A longer estimated wait makes the pool grow, whatever the share. Default 1,000. */
  readonly targetWait?: number;
  /** What all runtimes together may cost in an hour. Default: no bound. */
  readonly hourlyBudget?: number;
  /** What one runtime costs in an hour; needed with `hourlyBudget`. */
  readonly costPerRuntime?: number;
  /** `local` starts processes on this machine; `kubernetes` sets the size of a deployment; `none` only tells. Default `local`. */
  readonly driver?: 'local' | 'kubernetes' | 'none';
  /** Labels of the runtimes of the pool. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What local runtimes are started with. */
  readonly local?: LocalRuntimeOptions;
  /** Which deployment; needed with the driver `kubernetes`. */
  readonly kubernetes?: KubernetesOptions;
}

/** @throws EnclaveError INVALID_INPUT with every problem. */
export function resolvePool(options: RuntimePoolOptions): {
  readonly policy: PoolPolicy;
  readonly intervalMs: number;
} {
  const problems: Problem[] = [];
  const number = (
    name: keyof RuntimePoolOptions,
    usual: number,
    min: number,
    max: number,
    isWhole = false,
  ) => {
    const value = options[name] ?? usual;
    const fits =
      typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value));
    if (fits) return value;
    const kind = isWhole ? 'a whole number' : 'a number';
    problems.push({ path: name, message: `expected ${kind} from ${min} to ${max}, got ${String(value)}` });
    return usual;
  };
  const intervalMs = number('scaleInterval', 30_000, 10, 3_600_000);
  const hourlyBudgetUsd = options.hourlyBudget;
  const policy: PoolPolicy = {
    minSize: number('minSize', 2, 0, 10_000, true),
    maxSize: number('maxSize', 10, 1, 10_000, true),
    scaleUpThreshold: number('scaleUpThreshold', 0.8, 0.01, 1),
    scaleDownThreshold: number('scaleDownThreshold', 0.3, 0, 1),
    cooldownMs: number('cooldown', 2 * intervalMs, 0, 86_400_000),
    targetWaitMs: number('targetWait', 1_000, 0, 86_400_000),
    costPerRuntimeUsd: number('costPerRuntime', 0, 0, 1e6),
    ...(hourlyBudgetUsd === undefined ? {} : { hourlyBudgetUsd: number('hourlyBudget', 0, 0, 1e9) }),
  };
  if (policy.minSize > policy.maxSize)
    problems.push({
      path: 'minSize',
      message: `expected at most maxSize (${policy.maxSize}), got ${policy.minSize}`,
    });
  if (policy.scaleDownThreshold >= policy.scaleUpThreshold)
    problems.push({
      path: 'scaleDownThreshold',
      message: `expected less than scaleUpThreshold (${policy.scaleUpThreshold}), got ${policy.scaleDownThreshold}`,
    });
  if (hourlyBudgetUsd !== undefined && policy.costPerRuntimeUsd === 0)
    problems.push({ path: 'costPerRuntime', message: 'expected a cost above 0 with hourlyBudget, got none' });
  else if (affordableSize(policy) < policy.minSize)
    problems.push({
      path: 'hourlyBudget',
      message: `expected at least ${policy.minSize * policy.costPerRuntimeUsd} for minSize runtimes, got ${hourlyBudgetUsd}`,
    });
  if (options.driver === 'kubernetes' && options.kubernetes === undefined)
    problems.push({
      path: 'kubernetes',
      message: 'expected a deployment with the driver kubernetes, got none',
    });
  if (problems.length > 0) throw invalidInput('runtimePool', problems);
  return { policy, intervalMs };
}
