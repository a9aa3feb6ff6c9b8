// What instances lose to each other: a shared store, a broker, agreement. From the Universal Scalability Law over instances.

/** Coefficients of the law over whole instances, and how far they were measured. */
export interface InstanceScaling {
  /** sigma, 0 to below 1. */
  readonly contention: number;
  /** kappa, from 0. */
  readonly coherency: number;
  /** Largest number of instances measured. */
  readonly measuredTo: number;
  readonly source: string;
}

/**
 * The factor by which n instances make an execution dearer than one does: D(n) = 1 + sigma (n - 1) + kappa n (n - 1), the
 * divisor of the law X(n) = gamma n / D(n). 1 for one instance.
 */
export function scalingLoss({ coherency, contention }: InstanceScaling, instances: number): number {
  const others = instances - 1;
  return 1 + contention * others + coherency * instances * others;
}

/** Instances beyond which another one makes the fleet slower: sqrt((1 - sigma) / kappa); Infinity at kappa = 0. */
export function mostUseful({ coherency, contention }: InstanceScaling): number {
  return coherency === 0 ? Infinity : Math.max(1, Math.floor(Math.sqrt((1 - contention) / coherency)));
}
