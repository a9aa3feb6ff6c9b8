// Figures of what a broker would do with the next submit: how long it would wait, whom it leaves alone, what it has kept.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { CircuitState } from '../circuit-breaker.ts';
import type { BrokerEvent } from './broker-events.ts';
import type { Collector } from './registry.ts';

export interface StateMetricsOptions {
  readonly routes: readonly string[];
  /** What a session queued now would wait, ms; `undefined` when nothing is known. */
  readonly waitMs: (route: string) => Promise<number | undefined>;
  /** By name of the tool. */
  readonly breakers: ReadonlyMap<string, { readonly state: CircuitState }>;
  /** Of the link to the store; `undefined` for a store that is in this process. */
  readonly storeBreaker: () => CircuitState | undefined;
}

const LEVELS: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 };

export class StateMetrics implements Collector {
  readonly #options: StateMetricsOptions;
  readonly #cache = new Counter({
    name: 'enclave_cache_lookups_total',
    help: 'Submits that asked for a kept result, by whether there was one',
    labelNames: ['outcome'],
    registers: [],
  });

  constructor(options: StateMetricsOptions) {
    this.#options = options;
    // A rate over a series that is not there yet would be nothing, not 0.
    for (const outcome of ['hit', 'miss']) this.#cache.inc({ outcome }, 0);
  }

  readonly observe: (event: BrokerEvent) => void = (event) => {
    if (event.type === 'cache_asked') this.#cache.inc({ outcome: event.outcome });
  };

  readonly register: (registry: Registry) => void = (registry) => {
    const { routes, waitMs, breakers, storeBreaker } = this.#options;
    const registers = [registry];
    registry.registerMetric(this.#cache);
    new Gauge({
      name: 'enclave_estimated_wait_seconds',
      help: 'What a session queued now would wait; absent while nothing is known',
      labelNames: ['runtime'],
      registers,
      async collect() {
        this.reset();
        for (const route of routes) {
          // No scrape fails because the store is away.
          const ms = await waitMs(route).catch(() => undefined);
          if (ms !== undefined) this.set({ runtime: route }, ms / 1_000);
        }
      },
    });
    new Gauge({
      name: 'enclave_tool_breaker_state',
      help: '0: calls go to the tool; 1: one is let through to see; 2: it is left alone',
      labelNames: ['tool'],
      registers,
      collect() {
        for (const [tool, { state }] of breakers) this.set({ tool }, LEVELS[state]);
      },
    });
    new Gauge({
      name: 'enclave_store_breaker_state',
      help: 'The same for the store; absent for one in this process',
      registers,
      collect() {
        const state = storeBreaker();
        this.reset();
        if (state === undefined) this.remove();
        else this.set(LEVELS[state]);
      },
    });
  };
}
