// The figures of a broker for Prometheus. Names of the published guide are kept; docs/observability.md says what they mean.
// No label grows with clients or sessions: tenants and session ids are never labels.
import { Counter, Gauge, type Registry } from 'prom-client';
import { PRIORITIES } from '../protocol/events.ts';
import type { Store } from '../store/store.ts';
import type { BrokerEvent } from './broker-events.ts';
import { LostRuntimes } from './lost-runtimes.ts';
import { type Collector, LATENCY_BUCKETS_S } from './registry.ts';
import { TallyHistogram } from './tally-histogram.ts';

export interface BrokerMetricsOptions {
  readonly store: Pick<Store, 'depths' | 'fleet' | 'nowMs'>;
  readonly routes: readonly string[];
  /** Names of the tools there are; calls of any other name count as `other`. */
  readonly tools: readonly string[];
  readonly now: () => BrokerNow;
}

/** What a broker is doing at this moment. */
export interface BrokerNow {
  readonly running: number;
  readonly streams: number;
  readonly isDraining: boolean;
  readonly pool?: { readonly size: number; readonly desired: number } | undefined;
  readonly runtimes: readonly { readonly runtimeId: string; readonly slots: number; readonly busy: number }[];
}

const STORE_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

export class BrokerMetrics implements Collector {
  readonly #options: BrokerMetricsOptions;
  readonly #tools: ReadonlySet<string>;
  readonly #lost: LostRuntimes;
  readonly #executionsPerSecond = counter('enclave_executions_per_second', 'Sessions that ended; use rate()');
  readonly #executions = counter('enclave_executions_total', 'Sessions that ended, by outcome', ['outcome']);
  readonly #latency = new TallyHistogram(
    'enclave_execution_latency_seconds',
    'From the creation of a session to its end',
    [],
    LATENCY_BUCKETS_S,
  );
  readonly #wait = new TallyHistogram(
    'enclave_queue_wait_seconds',
    'From the creation of a session to its start on a runtime',
    [],
    LATENCY_BUCKETS_S,
  );
  readonly #submitted = counter('enclave_sessions_submitted_total', 'Sessions created here', ['priority']);
  readonly #requeued = counter('enclave_sessions_requeued_total', 'Sessions that were put back');
  readonly #refused = counter('enclave_admission_refusals_total', 'Submits refused', ['reason']);
  readonly #toolCalls = counter('enclave_tool_calls_total', 'Tool calls', ['tool', 'outcome']);
  readonly #toolTime = new TallyHistogram(
    'enclave_tool_call_duration_seconds',
    'How long tools took',
    ['tool'],
    LATENCY_BUCKETS_S,
  );
  readonly #inDoubt = counter('enclave_tool_calls_in_doubt_total', 'Calls of which nobody knows the outcome');
  readonly #stale = counter('enclave_stale_writes_total', 'Writes refused by their fence', ['operation']);
  readonly #storeTime = new TallyHistogram(
    'enclave_store_operation_duration_seconds',
    'How long the store took',
    ['operation'],
    STORE_BUCKETS_S,
  );
  readonly #storeErrors = counter('enclave_store_errors_total', 'Store operations that failed', [
    'operation',
  ]);
  readonly #streamBytes = counter('enclave_stream_bytes_total', 'Bytes of events written to clients');
  readonly #streamsOpened = counter('enclave_streams_opened_total', 'Event streams opened');
  readonly #streamsCut = counter('enclave_streams_cut_total', 'Event streams cut since nobody read them');
  readonly #httpTime = new TallyHistogram(
    'enclave_http_request_duration_seconds',
    'How long requests took, streams left out',
    ['method', 'route', 'status'],
    LATENCY_BUCKETS_S,
  );

  constructor(options: BrokerMetricsOptions) {
    this.#options = options;
    this.#tools = new Set(options.tools);
    this.#lost = new LostRuntimes(() => options.store.nowMs());
  }

  readonly observe: (event: BrokerEvent) => void = (event) => {
    switch (event.type) {
      case 'submitted':
        this.#submitted.inc({ priority: event.priority });
        return;
      case 'refused':
        this.#refused.inc({ reason: event.reason });
        return;
      case 'started':
        this.#wait.tally(event.waitMs / 1_000);
        return;
      case 'requeued':
        this.#requeued.inc();
        return;
      case 'ended':
        this.#executionsPerSecond.inc();
        this.#executions.inc({ outcome: event.outcome });
        if (event.durationMs !== undefined) this.#latency.tally(event.durationMs / 1_000);
        return;
      case 'tool_called': {
        const tool = this.#tools.has(event.tool) ? event.tool : 'other';
        this.#toolCalls.inc({ tool, outcome: event.isOk ? 'ok' : 'error' });
        this.#toolTime.tally(event.durationMs / 1_000, tool);
        return;
      }
      case 'in_doubt':
        this.#inDoubt.inc();
        return;
      case 'stale_write':
        this.#stale.inc({ operation: event.operation });
        return;
      case 'runtime_joined':
        this.#lost.joined(event.runtime.runtimeId);
        return;
      case 'runtime_left':
        if (!event.wasDraining) this.#lost.left(event.runtime.runtimeId);
        return;
      case 'store_called':
        this.#storeTime.tally(event.durationMs / 1_000, event.operation);
        if (!event.isOk) this.#storeErrors.inc({ operation: event.operation });
        return;
      case 'stream_opened':
        this.#streamsOpened.inc();
        return;
      case 'stream_written':
        this.#streamBytes.inc(event.bytes);
        return;
      case 'stream_closed':
        if (event.wasCut) this.#streamsCut.inc();
        return;
      case 'responded': {
        const { method, route, status } = event;
        this.#httpTime.tally(event.durationMs / 1_000, method, route, String(status));
      }
    }
  };

  readonly register: (registry: Registry) => void = (registry) => {
    for (const metric of [
      this.#executionsPerSecond,
      this.#executions,
      this.#latency,
      this.#wait,
      this.#submitted,
      this.#requeued,
      this.#refused,
      this.#toolCalls,
      this.#toolTime,
      this.#inDoubt,
      this.#stale,
      this.#storeTime,
      this.#storeErrors,
      this.#streamBytes,
      this.#streamsOpened,
      this.#streamsCut,
      this.#httpTime,
    ])
      registry.registerMetric(metric);
    this.#registerNow(registry);
  };

  /** What is read at each scrape. */
  #registerNow(registry: Registry): void {
    const { now, store, routes } = this.#options;
    const registers = [registry];
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge('enclave_sessions_running', 'Sessions on runtimes of this broker', () => now().running);
    gauge('enclave_stream_clients', 'Event streams that clients hold open', () => now().streams);
    gauge('enclave_draining', '1 while the broker takes no new sessions', () => (now().isDraining ? 1 : 0));
    gauge('enclave_pool_size', 'Runtimes in the pool of this broker', () => now().pool?.size ?? 0);
    gauge('enclave_pool_desired', 'Runtimes that the load asks for', () => now().pool?.desired ?? 0);
    gauge('enclave_runtimes', 'Runtimes linked to this broker', () => now().runtimes.length);
    new Gauge({
      name: 'enclave_runtime_slots',
      help: 'Places for sessions on runtimes of this broker',
      labelNames: ['state'],
      registers,
      collect() {
        const { runtimes } = now();
        const busy = runtimes.reduce((sum, runtime) => sum + runtime.busy, 0);
        const slots = runtimes.reduce((sum, runtime) => sum + runtime.slots, 0);
        this.set({ state: 'busy' }, busy);
        this.set({ state: 'free' }, Math.max(0, slots - busy));
      },
    });
    new Gauge({
      name: 'enclave_queue_depth',
      help: 'Sessions that wait, in the whole fleet: every broker tells the same number',
      labelNames: ['runtime', 'priority'],
      registers,
      async collect() {
        this.reset();
        for (const route of routes) {
          // Without the store there is no depth to tell, and no scrape should fail for that.
          const depths = await store.depths(route).catch(() => undefined);
          if (depths === undefined) continue;
          for (const priority of PRIORITIES) this.set({ runtime: route, priority }, depths[priority]);
        }
      },
    });
    const lost = this.#lost;
    new Gauge({
      name: 'enclave_runtime_health',
      help: '1: linked to this broker; 0 for ten minutes after its line broke and it is nowhere else',
      labelNames: ['runtime_id'],
      registers,
      async collect() {
        this.reset();
        for (const { runtimeId } of now().runtimes) this.set({ runtime_id: runtimeId }, 1);
        for (const runtimeId of await lost.ids(() => store.fleet())) this.set({ runtime_id: runtimeId }, 0);
      },
    });
  }
}

function counter<const Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [] });
}
