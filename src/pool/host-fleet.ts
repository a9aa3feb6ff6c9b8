// The host processes of a pool: keeps their number, replaces worn and lost ones, stops idle ones, picks one for an execution.
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import type { HostEnd } from './host.ts';
import type { hostLauncher } from './host-launcher.ts';
import { hostOpener } from './host-opener.ts';
import type { Job } from './job.ts';
import { type HostStart, ManagedHost, type ManagedHostSetup } from './managed-host.ts';
import type { PoolConfig } from './options.ts';

const MAX_START_FAILURES = 3;
const RESTART_DELAY_MS = 100;
/** The reserve starts so long after the first work, so that short programs never pay for it; and soon after it was used. */
const FIRST_RESERVE_DELAY_MS = 1_000;
const NEXT_RESERVE_DELAY_MS = 50;
const MEMORY_READ_EVERY_MS = 1_000;
/** Hosts that began together do not wear out together: some serve up to so much less than they may. */
const MAX_EARLY = 0.25;
/** Its multiples, taken without their whole part, lie as far apart as can be. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SERVING: HostStart = { isReserve: false, isUrgent: true };

export interface HostFleetEvents {
  /** A host can take an execution. */
  readonly onCapacity: () => void;
  /** A host has ended, perhaps with executions on it; `onCapacity` follows when there are others. */
  readonly onLost: (host: ManagedHost, end: HostEnd) => void;
  readonly onInterrupted: (job: Job) => void;
  /** No host can be started at all. */
  readonly onBroken: (fault: EnclaveError) => void;
}

export class HostFleet {
  /** Every process there is, also those that start, drain or wait in reserve. */
  hosts: readonly ManagedHost[] = [];
  recycled = 0;
  lost = 0;
  /** Set when hosts cannot be started; then nothing can run. */
  fault: EnclaveError | undefined;
  readonly #config: PoolConfig;
  readonly #clock: Clock;
  readonly #events: HostFleetEvents;
  readonly #hostSetup: ManagedHostSetup;
  #isStopping = false;
  #startFailures = 0;
  #turn = 0;
  #started = 0;
  #stopIdleTimer: (() => void) | undefined;
  #stopReserveTimer: (() => void) | undefined;
  #canReserve: boolean;
  #memoryReadMs = Number.NEGATIVE_INFINITY;
  readonly #waiters = new Set<() => void>();

  constructor(config: PoolConfig, clock: Clock, events: HostFleetEvents, launch: typeof hostLauncher) {
    this.#config = config;
    this.#clock = clock;
    this.#events = events;
    this.#canReserve = config.standby;
    this.#hostSetup = { clock, maxHeapMb: config.maxHeapMb, open: hostOpener(config, clock, launch) };
    for (let i = 0; i < config.poolSize; i++) this.#start();
  }

  /** Resolves once no host is starting any more; rejects when none can. */
  async ready(): Promise<void> {
    while (
      this.fault === undefined &&
      !this.#isStopping &&
      this.hosts.some((host) => host.state === 'starting' && !host.isReserve)
    )
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    if (this.fault !== undefined) throw this.fault;
  }

  hasRoom(): boolean {
    return this.hosts.some((host) => this.#isOpen(host));
  }

  /** A host that has never run anything, for an execution that shares it with nobody; one is started when there is none. */
  placeAlone(): ManagedHost | undefined {
    const fresh = this.hosts.find((host) => this.#isOpen(host) && host.placed === 0);
    const isComing = this.hosts.some((host) => host.state === 'starting' && !host.isReserve);
    if (fresh !== undefined || isComing) return fresh;
    const used = this.place();
    if (used === undefined) return undefined;
    this.#replace(used);
    return this.hosts.find((host) => this.#isOpen(host) && host.placed === 0);
  }

  /** The host for one more execution: the one with fewest live; ties take turns. */
  place(): ManagedHost | undefined {
    const { hosts } = this;
    let best: ManagedHost | undefined;
    for (let i = 0; i < hosts.length; i++) {
      const host = hosts[(i + this.#turn) % hosts.length];
      if (host === undefined || !this.#isOpen(host)) continue;
      if (best === undefined || host.jobs.size < best.jobs.size) best = host;
    }
    this.#turn++;
    this.#startMissing(best);
    this.#reserveAfter(FIRST_RESERVE_DELAY_MS, false);
    return best;
  }

  cancel(job: Job): void {
    for (const host of this.hosts) host.cancel(job);
  }

  /** Kills all hosts and resolves when they are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopIdleTimer?.();
    this.#stopReserveTimer?.();
    for (const host of this.hosts) host.stop();
    while (this.hosts.length > 0) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  get #inService(): readonly ManagedHost[] {
    return this.hosts.filter((host) => !host.isReserve);
  }

  get #reserve(): ManagedHost | undefined {
    return this.hosts.find((host) => host.isReserve);
  }

  #isOpen(host: ManagedHost): boolean {
    return host.isServing && !host.isExclusive && host.jobs.size < this.#config.maxLivePerHost;
  }

  // After idle hosts were stopped, work that finds every host busy brings them back.
  #startMissing(best: ManagedHost | undefined): void {
    const isBusy = best === undefined || best.jobs.size > 0;
    if (isBusy && this.#startFailures === 0 && this.#inService.length < this.#config.poolSize) this.#start();
  }

  #start(start: HostStart = SERVING): void {
    if (this.#isStopping) return;
    const host = new ManagedHost(this.#hostSetup, start, {
      onReady: () => this.#onReady(),
      onFree: (freed) => this.#onFree(freed),
      onWorn: (worn) => this.#replace(worn),
      onEnd: (ended, end) => this.#onEnd(ended, end),
      onInterrupted: this.#events.onInterrupted,
    });
    host.lifeShare = 1 - MAX_EARLY * ((this.#started++ * GOLDEN) % 1);
    this.hosts = [...this.hosts, host];
  }

  // The reserve takes the place at once, or as soon as it is up; without one a new process has to start. Where a host was lost
  // the next may be lost soon: then the new reserve does not take its time.
  #startInPlace(isUrgent = true): void {
    const reserve = this.#reserve;
    if (reserve === undefined) {
      this.#start({ isReserve: false, isUrgent });
      return;
    }
    reserve.promote();
    if (reserve.isServing) this.#onReady();
    this.#reserveAfter(NEXT_RESERVE_DELAY_MS, isUrgent);
  }

  #reserveAfter(delayMs: number, isUrgent: boolean): void {
    if (!this.#canReserve || this.#stopReserveTimer !== undefined || this.#isStopping) return;
    if (this.#reserve !== undefined) return;
    this.#stopReserveTimer = this.#clock.setBackgroundTimer(delayMs, () => {
      this.#stopReserveTimer = undefined;
      if (this.#reserve === undefined) this.#start({ isReserve: true, isUrgent });
    });
  }

  #onReady(): void {
    this.#startFailures = 0;
    const worn = this.hosts.find((host) => host.state === 'retiring');
    if (worn !== undefined && this.#inService.length > this.#config.poolSize) this.#drain(worn);
    this.#wake();
    this.#events.onCapacity();
  }

  #onFree(host: ManagedHost): void {
    if (host.state === 'draining') {
      if (host.jobs.size === 0) host.stop();
      return;
    }
    if (host.isExclusive) {
      this.#replace(host);
      return;
    }
    if (host.state === 'serving' && this.#isWornOut(host)) this.#retire(host);
    if (host.jobs.size === 0) this.#onIdle(host);
    this.#events.onCapacity();
  }

  #isWornOut(host: ManagedHost): boolean {
    const { maxExecutionsPerHost, maxHostAgeMs, maxRestingRssBytes } = this.#config;
    const nowMs = this.#clock.nowMs();
    const { bornMs, lifeShare, placed } = host;
    if (placed >= maxExecutionsPerHost * lifeShare || nowMs - bornMs >= maxHostAgeMs * lifeShare) return true;
    if (nowMs - this.#memoryReadMs < MEMORY_READ_EVERY_MS) return false;
    this.#memoryReadMs = nowMs;
    return (host.stats().rssBytes ?? 0) >= maxRestingRssBytes;
  }

  // The replacement starts first; the worn host serves until it is there.
  #retire(host: ManagedHost): void {
    host.state = 'retiring';
    this.recycled++;
    this.#startInPlace(false);
  }

  // Nothing new may reach it, so that nobody waits for the replacement but those who have to.
  #replace(host: ManagedHost): void {
    if (host.state === 'draining') return;
    if (host.state !== 'retiring') {
      this.recycled++;
      this.#startInPlace();
    }
    this.#drain(host);
  }

  #drain(host: ManagedHost): void {
    host.state = 'draining';
    if (host.jobs.size === 0) host.stop();
  }

  #onIdle(host: ManagedHost): void {
    host.idleSinceMs = this.#clock.nowMs();
    if (this.hosts.length > 1 || this.#canReserve) this.#stopIdleAfter(this.#config.idleTimeoutMs);
  }

  #stopIdleAfter(delayMs: number): void {
    if (this.#isStopping) return;
    this.#stopIdleTimer ??= this.#clock.setBackgroundTimer(delayMs, () => this.#stopIdle());
  }

  #stopIdle(): void {
    this.#stopIdleTimer = undefined;
    const nowMs = this.#clock.nowMs();
    const all = this.#inService;
    const idle = all.filter((host) => host.state === 'serving' && host.jobs.size === 0);
    const due = idle.filter((host) => nowMs - host.idleSinceMs >= this.#config.idleTimeoutMs);
    const isAllIdle = due.length === all.length;
    for (const host of due.slice(isAllIdle ? 1 : 0)) this.#drain(host);
    if (isAllIdle) this.#reserve?.stop();
    const next = idle.find((host) => !due.includes(host));
    if (next !== undefined) this.#stopIdleAfter(next.idleSinceMs + this.#config.idleTimeoutMs - nowMs);
  }

  #onEnd(host: ManagedHost, end: HostEnd): void {
    this.hosts = this.hosts.filter((other) => other !== host);
    // Before there is another host: who is to blame must not get it.
    this.#events.onLost(host, end);
    if (!this.#isStopping && end.reason !== 'stopped') {
      this.lost++;
      if (host.isReserve) this.#canReserve &&= end.reason !== 'start';
      else if (end.reason === 'start') this.#onStartFailure(end);
      // A worn host has its replacement already.
      else if (host.state === 'starting' || host.state === 'serving') this.#startInPlace();
    }
    this.#wake();
    this.#events.onCapacity();
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
