// How many runtimes there should be: a pure function of what is seen. Nothing here starts or stops anything.

/** The rules of a pool, all set. Ratios are 0..1, times ms, money US dollars. */
export interface PoolPolicy {
  readonly minSize: number;
  readonly maxSize: number;
  /** Above this share of busy places the pool grows. */
  readonly scaleUpThreshold: number;
  /** Below this share, twice in a row, it loses one runtime. */
  readonly scaleDownThreshold: number;
  /** After a change of size nothing is taken away for so long: what was started has to be seen at work first. */
  readonly cooldownMs: number;
  /** A longer estimated wait is reason to grow, whatever the share. */
  readonly targetWaitMs: number;
  /** What all runtimes together may cost in an hour; the pool never grows beyond what it pays for. */
  readonly hourlyBudgetUsd?: number;
  /** What one runtime costs in an hour. */
  readonly costPerRuntimeUsd: number;
}

/** What is seen of the pool at one check. */
export interface PoolState {
  /** Runtimes that are there or starting; those that are leaving do not count. */
  readonly size: number;
  /** Places of one runtime. */
  readonly slotsPerRuntime: number;
  /** Places of runtimes that are there. */
  readonly slots: number;
  readonly busy: number;
  /** Sessions that wait for such a runtime. */
  readonly queued: number;
  /** What a session queued now would wait, as far as it is known. */
  readonly waitMs?: number;
  /** Checks in a row, up to the one before this, that found less than the lower threshold. */
  readonly lowChecks: number;
  readonly sinceChangeMs: number;
}

export interface Decision {
  readonly kind: 'up' | 'down' | 'stay';
  /** Runtimes that there should be. */
  readonly size: number;
  /** In words, with the numbers that decided. */
  readonly reason: string;
  /** What kept the pool from growing as far as the demand asked. */
  readonly limit?: 'maxSize' | 'budget';
  /** To be handed to the next check. */
  readonly lowChecks: number;
}

/** So many checks below the threshold take one runtime away. */
const LOW_CHECKS = 2;

/**
 * Up: straight to the size at which the demand fills `scaleUpThreshold` of the places, ⌈demand ÷ (slots · threshold)⌉.
 * Down: one runtime at a time, and never to where the rest would be above the upper threshold at once.
 */
export function decide(state: PoolState, policy: PoolPolicy): Decision {
  const { size, slotsPerRuntime, busy, queued, waitMs } = state;
  const demand = busy + queued;
  const share = utilisation(state);
  const isLow = share < policy.scaleDownThreshold;
  const lowChecks = isLow ? state.lowChecks + 1 : 0;
  const stay = (reason: string): Decision => ({ kind: 'stay', size, reason, lowChecks });
  if (size < policy.minSize)
    return {
      kind: 'up',
      size: policy.minSize,
      reason: `${size} of at least ${policy.minSize}`,
      lowChecks: 0,
    };
  if (size > policy.maxSize)
    return {
      kind: 'down',
      size: policy.maxSize,
      reason: `${size} of at most ${policy.maxSize}`,
      lowChecks: 0,
    };
  const isSlow = waitMs !== undefined && waitMs > policy.targetWaitMs;
  if (share > policy.scaleUpThreshold || isSlow) {
    const wanted = Math.max(size + 1, Math.ceil(demand / (slotsPerRuntime * policy.scaleUpThreshold)));
    return grow(
      state,
      policy,
      wanted,
      isSlow ? `sessions wait ${Math.round(waitMs)} ms` : `${percent(share)} busy`,
    );
  }
  if (!isLow) return stay(`${percent(share)} busy`);
  if (size <= policy.minSize) return stay(`${percent(share)} busy, at the smallest size`);
  if (lowChecks < LOW_CHECKS) return stay(`${percent(share)} busy, for the first time`);
  if (state.sinceChangeMs < policy.cooldownMs) return stay(`${percent(share)} busy, shortly after a change`);
  const after = demand / ((size - 1) * slotsPerRuntime);
  if (after > policy.scaleUpThreshold) return stay(`${size - 1} would be ${percent(after)} busy`);
  return { kind: 'down', size: size - 1, reason: `${percent(share)} busy`, lowChecks: 0 };
}

function grow(state: PoolState, policy: PoolPolicy, wanted: number, why: string): Decision {
  const { size } = state;
  const affordable = affordableSize(policy);
  const most = Math.min(policy.maxSize, affordable);
  const to = Math.max(size, Math.min(wanted, most));
  const limit = to >= wanted ? undefined : affordable < policy.maxSize ? 'budget' : 'maxSize';
  const note =
    limit === undefined
      ? ''
      : limit === 'budget'
        ? `; the hourly budget of ${policy.hourlyBudgetUsd} pays for ${affordable} of the ${wanted} needed`
        : `; at most ${policy.maxSize} of the ${wanted} needed`;
  return {
    kind: to > size ? 'up' : 'stay',
    size: to,
    reason: `${why}${note}`,
    lowChecks: 0,
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Runtimes that the budget pays for; endless without one. */
export function affordableSize({ hourlyBudgetUsd, costPerRuntimeUsd }: PoolPolicy): number {
  if (hourlyBudgetUsd === undefined || costPerRuntimeUsd === 0) return Infinity;
  // 0.3 / 0.1 is 2.9999999999999996: what is paid for to the cent is paid for.
  return Math.floor(hourlyBudgetUsd / costPerRuntimeUsd + 1e-9);
}

/** Demand as a share of the places that are there or starting: more than 1 when sessions wait. */
export function utilisation({ size, slots, slotsPerRuntime, busy, queued }: PoolState): number {
  const places = Math.max(slots, size * slotsPerRuntime);
  if (places === 0) return busy + queued > 0 ? Infinity : 0;
  return (busy + queued) / places;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : 'all';
}
