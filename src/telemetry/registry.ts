// What a process shows to Prometheus: one registry for all of its parts, rendered when it is asked for.
import { collectDefaultMetrics, Registry } from 'prom-client';

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** A part of the process that keeps figures of its own. */
export interface Collector {
  /** Puts its metrics into the registry, and brings those up to date that are read, not counted. */
  readonly register: (registry: Registry) => void;
}

/** Buckets of the published guide, and smaller ones: most scripts end well below its first, 10 ms. Seconds. */
export const LATENCY_BUCKETS_S: number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

export class MetricsRegistry {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  add({ register }: Collector): void {
    register(this.#registry);
  }

  /** In the text format; OpenMetrics would rename the guide's counter. */
  async expose(): Promise<Exposition> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
