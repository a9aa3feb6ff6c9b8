// The figures of a runtime for Prometheus: what it runs, and the host processes it runs it in.
import { Gauge, type Registry } from 'prom-client';
import type { RuntimeNow } from '../runtime/runtime.ts';
import type { Collector } from './registry.ts';

/** @param now what the runtime is doing; asked at each scrape. */
export function runtimeMetrics(now: () => RuntimeNow): Collector {
  return {
    register(registry: Registry) {
      const registers = [registry];
      const gauge = (name: string, help: string, value: (at: RuntimeNow) => number) =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(value(now()));
          },
        });
      gauge('enclave_active_executions', 'Scripts under way in this runtime', ({ busy }) => busy);
      gauge('enclave_slots', 'Scripts that may be under way in this runtime', ({ slots }) => slots);
      gauge('enclave_broker_connected', '1 while a broker is linked', ({ isConnected }) =>
        isConnected ? 1 : 0,
      );
      gauge('enclave_workers', 'Host processes', ({ executor }) => executor.hosts.length);
      gauge(
        'enclave_workers_recycled',
        'Host processes replaced as planned since the start',
        ({ executor }) => executor.recycled,
      );
      gauge(
        'enclave_workers_lost',
        'Host processes that crashed or were killed since the start',
        ({ executor }) => executor.lost,
      );
      new Gauge({
        name: 'enclave_worker_memory_bytes',
        help: 'Resident memory of a host process; its number is its place, a new process takes over an old place',
        labelNames: ['worker_id'],
        registers,
        collect() {
          this.reset();
          for (const [index, { rssBytes }] of now().executor.hosts.entries())
            if (rssBytes !== null) this.set({ worker_id: String(index) }, rssBytes);
        },
      });
    },
  };
}
