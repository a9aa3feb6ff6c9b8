// The host processes of a pool: keeps their number, replaces worn and lost ones, stops idle ones, picks one for an execution.
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { HostEnd } from './host-process.ts';
import type { Job } from './job.ts';
import { ManagedHost } from './managed-host.ts';
import type { PoolConfig } from './options.ts';

const MAX_START_FAILURES = 3;
const RESTART_DELAY_MS = 100;
/** Resident memory of a host: itself and one bomb that V8 stops late, and what suspended executions hold. Measured, bytes. */
const BASE_RSS_BYTES = 1e9;
const RSS_PER_LIVE_BYTES = { isolate: 1.5e6, context: 0.3e6 } as const;
/** V8 reserves half a GB of address space for the code of each isolate, and the kernel counts that as data, bytes. */
const BASE_DATA_BYTES = 2e9;
const DATA_PER_ISOLATE_BYTES = 0.56e9;
/** Isolates besides those of live executions: a spare, one that is being disposed. */
const EXTRA_ISOLATES = 2;
/** In context mode: those of idle tenants, and 100 live executions in each of the others at most. */
const IDLE_WARM_ISOLATES = 32;
const LIVE_PER_WARM_ISOLATE = 50;

export interface HostFleetEvents {
  /** A host can take an execution. */
  readonly onCapacity: () => void;
  /** A host has ended with executions on it. */
  readonly onLost: (host: ManagedHost, end: HostEnd) => void;
  readonly onInterrupted: (job: Job) => void;
  /** No host can be started at all. */
  readonly onBroken: (fault: EnclaveError) => void;
}

export class HostFleet {
  /** Every process there is, also those that start or drain. */
  hosts: readonly ManagedHost[] = [];
  recycled = 0;
  lost = 0;
  /** Set when hosts cannot be started; then nothing can run. */
  fault: EnclaveError | undefined;
  readonly #config: PoolConfig;
  readonly #clock: Clock;
  readonly #events: HostFleetEvents;
  #isStopping = false;
  #startFailures = 0;
  #turn = 0;
  #stopIdleTimer: (() => void) | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(config: PoolConfig, clock: Clock, events: HostFleetEvents) {
    this.#config = config;
    this.#clock = clock;
    this.#events = events;
    for (let i = 0; i < config.poolSize; i++) this.#start();
  }

  /** Resolves once no host is starting any more; rejects when none can. */
  async ready(): Promise<void> {
    while (
      this.fault === undefined &&
      !this.#isStopping &&
      this.hosts.some((host) => host.state === 'starting')
    )
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    if (this.fault !== undefined) throw this.fault;
  }

  hasRoom(): boolean {
    return this.hosts.some((host) => this.#isOpen(host));
  }

  /** The host for one more execution: where `tenant` is live already, else the one with fewest live; ties take turns. */
  place(tenant: string): ManagedHost | undefined {
    const { hosts } = this;
    let best: ManagedHost | undefined;
    for (let i = 0; i < hosts.length; i++) {
      const host = hosts[(i + this.#turn) % hosts.length];
      if (host === undefined || !this.#isOpen(host)) continue;
      if (best === undefined || this.#load(host, tenant) < this.#load(best, tenant)) best = host;
    }
    if (tenant === '' || best !== undefined) this.#turn++;
    this.#startMissing(best);
    return best;
  }

  cancel(job: Job): void {
    for (const host of this.hosts) host.cancel(job);
  }

  /** Kills all hosts and resolves when they are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopIdleTimer?.();
    for (const host of this.hosts) host.stop();
    while (this.hosts.length > 0) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  #load(host: ManagedHost, _tenant: string): number {
    return host.jobs.size;
  }

  #isOpen(host: ManagedHost): boolean {
    return host.isServing && host.jobs.size < this.#config.maxLivePerHost;
  }

  // After idle hosts were stopped, work that finds every host busy brings them back.
  #startMissing(best: ManagedHost | undefined): void {
    const isBusy = best === undefined || best.jobs.size > 0;
    if (isBusy && this.hosts.length < this.#config.poolSize && this.#startFailures === 0) this.#start();
  }

  #start(): void {
    if (this.#isStopping) return;
    const { maxLivePerHost, isolation, maxHeapMb } = this.#config;
    const isolates =
      EXTRA_ISOLATES +
      (isolation === 'isolate'
        ? maxLivePerHost
        : IDLE_WARM_ISOLATES + maxLivePerHost / LIVE_PER_WARM_ISOLATE);
    const setup = {
      clock: this.#clock,
      maxHeapMb,
      maxRssBytes: BASE_RSS_BYTES + maxLivePerHost * RSS_PER_LIVE_BYTES[isolation],
      maxDataBytes: Math.ceil(BASE_DATA_BYTES + isolates * DATA_PER_ISOLATE_BYTES),
    };
    const host = new ManagedHost(setup, {
      onReady: () => this.#onReady(),
      onFree: (freed) => this.#onFree(freed),
      onWorn: (worn) => this.#replace(worn),
      onEnd: (ended, end) => this.#onEnd(ended, end),
      onInterrupted: this.#events.onInterrupted,
    });
    this.hosts = [...this.hosts, host];
  }

  #onReady(): void {
    this.#startFailures = 0;
    const worn = this.hosts.find((host) => host.state === 'retiring');
    if (worn !== undefined) this.#drain(worn);
    this.#wake();
    this.#events.onCapacity();
  }

  #onFree(host: ManagedHost): void {
    if (host.state === 'draining') {
      if (host.jobs.size === 0) host.stop();
      return;
    }
    if (host.state === 'serving' && host.placed >= this.#config.maxExecutionsPerHost) this.#retire(host);
    if (host.jobs.size === 0) this.#onIdle(host);
    this.#events.onCapacity();
  }

  // The replacement starts first; the worn host serves until it is there.
  #retire(host: ManagedHost): void {
    host.state = 'retiring';
    this.recycled++;
    this.#start();
  }

  // Nothing new may reach it, so that nobody waits for the replacement but those who have to.
  #replace(host: ManagedHost): void {
    if (host.state === 'draining') return;
    if (host.state !== 'retiring') {
      this.recycled++;
      this.#start();
    }
    this.#drain(host);
  }

  #drain(host: ManagedHost): void {
    host.state = 'draining';
    if (host.jobs.size === 0) host.stop();
  }

  #onIdle(host: ManagedHost): void {
    host.idleSinceMs = this.#clock.nowMs();
    if (this.#stopIdleTimer !== undefined || this.hosts.length < 2) return;
    this.#stopIdleTimer = this.#clock.setBackgroundTimer(this.#config.idleTimeoutMs, () => this.#stopIdle());
  }

  #stopIdle(): void {
    this.#stopIdleTimer = undefined;
    const nowMs = this.#clock.nowMs();
    const idle = this.hosts.filter((host) => host.state === 'serving' && host.jobs.size === 0);
    const due = idle.filter((host) => nowMs - host.idleSinceMs >= this.#config.idleTimeoutMs);
    const kept = this.hosts.length - due.length > 0 ? 0 : 1;
    for (const host of due.slice(kept)) this.#drain(host);
    const next = idle.find((host) => !due.includes(host));
    if (next !== undefined) this.#onIdle(next);
  }

  #onEnd(host: ManagedHost, end: HostEnd): void {
    this.hosts = this.hosts.filter((other) => other !== host);
    if (!this.#isStopping && end.reason !== 'stopped') {
      this.lost++;
      if (end.reason === 'start') this.#onStartFailure(end);
      else this.#start();
    }
    this.#events.onLost(host, end);
    this.#wake();
  }

  #onStartFailure(end: HostEnd): void {
    if (++this.#startFailures < MAX_START_FAILURES) {
      this.#clock.setTimer(RESTART_DELAY_MS * this.#startFailures, () => this.#start());
      return;
    }
    if (this.hosts.some((host) => host.isServing)) return;
    const how = end.signal ?? `exit code ${end.exitCode ?? 'unknown'}`;
    this.fault = new EnclaveError('HOST_START_FAILED', `a host process ended with ${how} while it started`, {
      hint: 'Run `npx node --version` (24 or newer is needed) and check that isolated-vm loads on this platform.',
      cause: end.stderr,
    });
    this.#events.onBroken(this.fault);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
