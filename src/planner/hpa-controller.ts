// The HorizontalPodAutoscaler over time: its rule, then stabilisation windows and rate policies, once every sync period.
// Source: Kubernetes documentation "Horizontal Pod Autoscaling", configurable scaling behavior.
import { type HpaMetric, hpaDesiredReplicas } from './hpa.ts';

export interface RatePolicy {
  /** Percent of the replicas at the start of the period, or a number of pods. */
  readonly kind: 'percent' | 'pods';
  readonly value: number;
  readonly periodS: number;
}

export interface ScalingRules {
  readonly stabilisationS: number;
  /** Empty: no limit of the rate. */
  readonly policies: readonly RatePolicy[];
  /** Which policy counts when several apply. */
  readonly select: 'max' | 'min' | 'disabled';
}

export interface HpaConfig {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Busy share of the processors that the autoscaler aims at, 0..1. */
  readonly targetUtilisation: number;
  readonly tolerance: number;
  readonly syncPeriodS: number;
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
  /** From the order of an instance until it takes work: node, image, boot, readiness. */
  readonly readyDelayS: number;
}

/** The defaults of Kubernetes, and 60 s until a new instance takes work. */
export const HPA_DEFAULTS: Omit<HpaConfig, 'minReplicas' | 'maxReplicas' | 'targetUtilisation'> = {
  tolerance: 0.1,
  syncPeriodS: 15,
  scaleUp: {
    stabilisationS: 0,
    policies: [
      { kind: 'percent', value: 100, periodS: 15 },
      { kind: 'pods', value: 4, periodS: 15 },
    ],
    select: 'max',
  },
  scaleDown: { stabilisationS: 300, policies: [{ kind: 'percent', value: 100, periodS: 15 }], select: 'max' },
  readyDelayS: 60,
};

interface ScaleEvent {
  readonly atS: number;
  readonly change: number;
}

/** Owns the memory of an autoscaler: past recommendations and past changes. */
export class HpaController {
  readonly #config: Omit<HpaConfig, 'targetUtilisation' | 'readyDelayS' | 'syncPeriodS'>;
  #recommendations: { readonly atS: number; readonly replicas: number }[] = [];
  #events: ScaleEvent[] = [];

  constructor(config: Omit<HpaConfig, 'targetUtilisation' | 'readyDelayS' | 'syncPeriodS'>) {
    this.#config = config;
  }

  /** One sync: the replicas to run from now on. Calls must come in the order of time. */
  decide(nowS: number, currentReplicas: number, metrics: readonly HpaMetric[]): number {
    const { maxReplicas, minReplicas, tolerance } = this.#config;
    const desired = hpaDesiredReplicas({ currentReplicas, metrics, tolerance, minReplicas, maxReplicas });
    const stabilised = this.#stabilise(nowS, currentReplicas, desired);
    const replicas = this.#limitRate(nowS, currentReplicas, stabilised);
    if (replicas !== currentReplicas) this.#events.push({ atS: nowS, change: replicas - currentReplicas });
    return replicas;
  }

  /** Growing takes the least, shrinking the most of what was asked for within the window. */
  #stabilise(nowS: number, current: number, desired: number): number {
    const { scaleDown, scaleUp } = this.#config;
    this.#recommendations.push({ atS: nowS, replicas: desired });
    const window = Math.max(scaleUp.stabilisationS, scaleDown.stabilisationS);
    this.#recommendations = this.#recommendations.filter(({ atS }) => nowS - atS <= window);
    const within = (seconds: number) =>
      this.#recommendations.filter(({ atS }) => nowS - atS <= seconds).map(({ replicas }) => replicas);
    const up = Math.min(...within(scaleUp.stabilisationS));
    const down = Math.max(...within(scaleDown.stabilisationS));
    return current < up ? up : Math.min(current, down);
  }

  #limitRate(nowS: number, current: number, wanted: number): number {
    const { maxReplicas, minReplicas, scaleDown, scaleUp } = this.#config;
    const bounded = Math.min(maxReplicas, Math.max(minReplicas, wanted));
    if (bounded === current) return current;
    const isUp = bounded > current;
    const { policies, select } = isUp ? scaleUp : scaleDown;
    if (select === 'disabled') return current;
    if (policies.length === 0) return bounded;
    const reach = policies.map((policy) => this.#reach(nowS, current, policy, isUp));
    // For growing, "max" is the highest reach; for shrinking, it is the largest change: the lowest.
    const isHighest = (select === 'max') === isUp;
    const limit = isHighest ? Math.max(...reach) : Math.min(...reach);
    return isUp ? Math.min(bounded, Math.max(current, limit)) : Math.max(bounded, Math.min(current, limit));
  }

  /** The replicas that one policy allows, counted from what ran at the start of its period. */
  #reach(nowS: number, current: number, { kind, periodS, value }: RatePolicy, isUp: boolean): number {
    const recent = this.#events.filter(({ atS, change }) => nowS - atS < periodS && change > 0 === isUp);
    const atStart = current - recent.reduce((sum, { change }) => sum + change, 0);
    if (kind === 'pods') return isUp ? atStart + value : atStart - value;
    return isUp
      ? Math.ceil(atStart * (1 + value / 100) - 1e-9)
      : Math.floor(atStart * (1 - value / 100) + 1e-9);
  }
}
