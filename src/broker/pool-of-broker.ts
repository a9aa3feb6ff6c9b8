// The runtime pool of a broker: its rules, what starts its runtimes, and what is seen of them.
import { Autoscaler, type PoolNotice } from '../autoscale/autoscaler.ts';
import { createNoneDriver, type PoolDriver } from '../autoscale/driver.ts';
import { createKubernetesDriver } from '../autoscale/kubernetes-driver.ts';
import { createLocalDriver } from '../autoscale/local-driver.ts';
import { type RuntimePoolOptions, resolvePool } from '../autoscale/options.ts';
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { Labels } from '../protocol/events.ts';
import type { RuntimeInfo } from '../store/fleet-operations.ts';
import type { Store } from '../store/store.ts';
import type { FleetView } from './fleet-view.ts';
import { satisfies } from './routing.ts';

export interface PoolSetup {
  readonly options: RuntimePoolOptions;
  readonly clock: Clock;
  /** Where a runtime of this machine reaches the broker. */
  readonly brokerUrl: () => string;
  readonly token?: string;
  readonly onNotice?: (notice: PoolNotice) => void;
}

interface Surroundings {
  readonly store: Store;
  readonly brokerId: string;
  readonly view: FleetView;
  readonly routes: readonly string[];
  /** Runtimes of this broker as they are now: what the store knows is up to a heartbeat old. */
  readonly own: () => readonly RuntimeInfo[];
}

const DEFAULT_SLOTS = 128;
const DRAIN_MS = 30_000;

/** @throws EnclaveError INVALID_INPUT, FILE_NOT_READABLE */
export function createPoolOfBroker(setup: PoolSetup, around: Surroundings): Autoscaler {
  const { options, clock, onNotice } = setup;
  const { policy, intervalMs } = resolvePool(options);
  const { store, brokerId } = around;
  const role = `pool:${JSON.stringify(options.labels ?? {})}`;
  return new Autoscaler({
    driver: createDriver(setup, around),
    policy,
    clock,
    intervalMs,
    observe: () => observe(options, around),
    lead: (ttlMs) => store.lead(role, brokerId, ttlMs),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

/** Whether the pool could start a runtime for sessions of a route. */
export function mayServe({ driver, labels = {} }: RuntimePoolOptions, route: string): boolean {
  return driver !== 'none' && satisfies(labels, route);
}

function createDriver(setup: PoolSetup, around: Surroundings): PoolDriver {
  const { options, clock, brokerUrl, token } = setup;
  const { driver = 'local', labels = {}, local = {}, kubernetes } = options;
  if (driver === 'none') return createNoneDriver(async () => (await runtimesOf(labels, around)).length);
  if (driver === 'local')
    return createLocalDriver({
      ...local,
      brokerUrl,
      labels,
      clock,
      drainMs: DRAIN_MS,
      ...(token === undefined ? {} : { token }),
    });
  if (kubernetes === undefined) throw new EnclaveError('INTERNAL', 'the pool has no deployment');
  return createKubernetesDriver(kubernetes);
}

async function observe(
  { labels = {}, local }: RuntimePoolOptions,
  around: Surroundings,
): ReturnType<ConstructorParameters<typeof Autoscaler>[0]['observe']> {
  const { store, view, routes } = around;
  const runtimes = await runtimesOf(labels, around);
  const served = routes.filter((route) => satisfies(labels, route));
  const [depths, waits] = await Promise.all([
    Promise.all(served.map((route) => store.depth(route))),
    Promise.all(served.map((route) => view.waitMs(route))),
  ]);
  const slots = sum(runtimes.map((runtime) => runtime.slots));
  const known = waits.filter((wait) => wait !== undefined);
  return {
    slots,
    busy: sum(runtimes.map(({ busy }) => busy)),
    queued: sum(depths),
    slotsPerRuntime: runtimes.length === 0 ? (local?.slots ?? DEFAULT_SLOTS) : slots / runtimes.length,
    ...(known.length === 0 ? {} : { waitMs: Math.max(...known) }),
  };
}

/** Runtimes with the labels of the pool that take new work, over all brokers. */
async function runtimesOf(
  labels: Labels,
  { view, brokerId, own }: Surroundings,
): Promise<readonly RuntimeInfo[]> {
  const others = (await view.brokers(0)).filter((broker) => broker.brokerId !== brokerId);
  const all = [...own(), ...others.flatMap(({ runtimes }) => runtimes)];
  const has = (runtime: RuntimeInfo) =>
    Object.entries(labels).every(([name, value]) => runtime.labels[name] === value);
  return all.filter((runtime) => runtime.slots > 0 && has(runtime));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
