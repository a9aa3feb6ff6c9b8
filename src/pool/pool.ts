// The local pool: an Executor over supervised host processes. Admission, queue, placement; hosts are kept by the fleet.
import { type Clock, realClock } from '../clock.ts';
import { EnclaveError, type OutcomeCode } from '../errors.ts';
import type { ExecutionOutcome, ExecutionRequest, Executor, ExecutorStats } from '../execution.ts';
import { resolveLimits } from '../limits.ts';
import { judge, sentence } from './blame.ts';
import type { HostEnd } from './host.ts';
import { HostFleet } from './host-fleet.ts';
import { hostLauncher } from './host-launcher.ts';
import { Job } from './job.ts';
import type { ManagedHost } from './managed-host.ts';
import { type PoolConfig, type PoolOptions, resolvePoolOptions } from './options.ts';
import { Quarantine } from './quarantine.ts';
import { TenantQueue } from './tenant-queue.ts';

/** A bystander is run again this often after its host was lost through another script. */
const MAX_LOSSES = 3;
const DRAIN_MS = 30_000;

/**
 * Starts the host processes and returns at once; `ready()` tells when all serve, `execute()` may be called before.
 * Dispose the pool when done: `await pool[Symbol.asyncDispose]()`, or `await using pool = createPool()`.
 * @throws EnclaveError INVALID_INPUT that lists every option out of range.
 */
export function createPool(options: PoolOptions = {}): LocalPool {
  return new Pool(resolvePoolOptions(options));
}

export interface DrainOptions {
  /** Longest time that what is under way gets, ms, from 0. Default 30,000. */
  readonly timeout?: number;
}

/** What {@link createPool} makes. */
export interface LocalPool extends Executor {
  /**
   * Lets everything accepted so far, queued or running, come to its end, then disposes the pool; further executions end in
   * SHUTTING_DOWN at once. What has not ended after `timeout` ms (default 30,000) ends in SHUTTING_DOWN too; a dispose
   * meanwhile ends all at once. For an orderly end: `process.once('SIGTERM', () => pool.drain())`. A second call waits for
   * the first and may shorten it.
   */
  drain(options?: DrainOptions): Promise<void>;
}

/** `launch` tells what is started as a host process. */
export class Pool implements LocalPool {
  readonly #config: PoolConfig;
  readonly #clock: Clock;
  readonly #queue = new TenantQueue<Job>();
  readonly #liveByTenant = new Map<string, number>();
  readonly #fleet: HostFleet;
  readonly #quarantine: Quarantine;
  #lastExecution = 0;
  #live = 0;
  #completed = 0;
  #underWay = 0;
  #disposal: Promise<void> | undefined;
  #drainage: PromiseWithResolvers<void> | undefined;

  constructor(config: PoolConfig, launch: typeof hostLauncher = hostLauncher, clock: Clock = realClock) {
    this.#config = config;
    this.#clock = clock;
    this.#quarantine = new Quarantine(clock);
    const events = {
      onCapacity: () => this.#dispatch(),
      onLost: (host: ManagedHost, end: HostEnd) => this.#onLost(host, end),
      onInterrupted: (job: Job) =>
        this.#rerun(job, 'the isolate was lost through another script of the same tenant'),
      onBroken: (fault: EnclaveError) => this.#onBroken(fault),
    };
    this.#fleet = new HostFleet(config, clock, events, launch);
  }

  ready(): Promise<void> {
    return this.#fleet.ready();
  }

  async execute(request: ExecutionRequest): Promise<ExecutionOutcome> {
    const job = this.#admit(request);
    const refusal = this.#refusal(job);
    if (refusal !== undefined) {
      job.fail(...refusal);
      return job.outcome;
    }
    const { signal } = request;
    const cancel = (): void => this.#cancel(job);
    signal?.addEventListener('abort', cancel, { once: true });
    job.awaitStart(() => this.#endUnstarted(job));
    this.#queue.push(job);
    this.#dispatch();
    this.#underWay++;
    const outcome = await job.outcome;
    if (--this.#underWay === 0) this.#drainage?.resolve();
    signal?.removeEventListener('abort', cancel);
    return outcome;
  }

  stats(): ExecutorStats {
    const { hosts, recycled, lost } = this.#fleet;
    return {
      queued: this.#queue.size,
      live: this.#live,
      completed: this.#completed,
      // A process that could not be started has no id, and 0 would stand for the caller's own group.
      hosts: hosts.filter(({ pid }) => pid > 0).map((host) => host.stats()),
      recycled,
      lost,
    };
  }

  async drain({ timeout = DRAIN_MS }: DrainOptions = {}): Promise<void> {
    this.#drainage ??= Promise.withResolvers<void>();
    const stopTimer = this.#clock.setTimer(timeout, () => void this[Symbol.asyncDispose]());
    if (this.#underWay > 0) await this.#drainage.promise;
    stopTimer();
    await this[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    for (const job of this.#queue.drain())
      job.fail('SHUTTING_DOWN', 'the pool was disposed before the script began');
    for (const host of this.#fleet.hosts)
      for (const job of host.jobs.values())
        job.fail('SHUTTING_DOWN', 'the pool was disposed while the script ran');
    await this.#fleet.stop();
  }

  #admit(request: ExecutionRequest): Job {
    if (typeof request.source !== 'string')
      throw new EnclaveError('INVALID_INPUT', `source: expected a text, got ${typeof request.source}`);
    const limits = resolveLimits(request.limits, this.#config.limits);
    if (limits.memoryMb > this.#config.maxHeapMb)
      throw new EnclaveError(
        'INVALID_INPUT',
        `limits.memoryMb: expected at most maxWorkerMemory (${this.#config.maxHeapMb} MiB), got ${limits.memoryMb}`,
      );
    return new Job({
      request,
      executionId: request.executionId ?? `x${++this.#lastExecution}`,
      argsJson: argsText(request.args),
      limits,
      isolation: request.isolation ?? this.#config.isolation,
      toolHandler: request.toolHandler ?? this.#config.toolHandler,
      runsAlone: this.#quarantine.mustRunAlone(request.source),
      clock: this.#clock,
    });
  }

  #refusal(job: Job): [OutcomeCode, string] | undefined {
    const { source, signal } = job.request;
    const { maxSourceBytes } = job.limits;
    if (this.#disposal !== undefined || this.#drainage !== undefined)
      return ['SHUTTING_DOWN', 'the pool takes no more'];
    if (this.#fleet.fault !== undefined) throw this.#fleet.fault;
    if (signal?.aborted === true) return ['CANCELLED', 'cancelled before it was submitted'];
    if (source.length > maxSourceBytes || Buffer.byteLength(source) > maxSourceBytes)
      return [
        'SOURCE_TOO_LARGE',
        `the source has ${Buffer.byteLength(source)} bytes, ${maxSourceBytes} are allowed`,
      ];
    job.crashesSeen = this.#quarantine.crashes;
    const quarantined = this.#quarantine.refusal(source, job.tenant);
    if (quarantined !== undefined) return ['QUARANTINED', quarantined];
    if (this.#queue.size >= this.#config.maxQueue && !this.#hasPlace())
      return ['QUEUE_FULL', `${this.#queue.size} executions wait already`];
    return undefined;
  }

  #hasPlace(): boolean {
    return this.#queue.size === 0 && this.#fleet.place() !== undefined;
  }

  #dispatch(): void {
    for (;;) {
      if (this.#queue.size === 0 || !this.#fleet.hasRoom()) return;
      const job = this.#queue.shift(
        (tenant) => (this.#liveByTenant.get(tenant) ?? 0) < this.#config.maxLivePerTenant,
      );
      if (job === undefined) return;
      if (this.#isRefusedNow(job)) continue;
      const host = job.runsAlone ? this.#fleet.placeAlone() : this.#fleet.place();
      if (host === undefined) {
        this.#queue.unshift(job);
        return;
      }
      this.#enterLive(job);
      host.run(job);
    }
  }

  // A hundred of one source may be waiting while the first ones crash their hosts.
  #isRefusedNow(job: Job): boolean {
    if (job.crashesSeen === this.#quarantine.crashes) return false;
    const reason = this.#quarantine.refusal(job.request.source, job.tenant);
    if (reason !== undefined) job.fail('QUARANTINED', reason);
    return reason !== undefined;
  }

  #enterLive(job: Job): void {
    this.#live++;
    this.#liveByTenant.set(job.tenant, (this.#liveByTenant.get(job.tenant) ?? 0) + 1);
    const { losses } = job;
    void job.outcome.then(() => {
      if (job.losses === losses) this.#leaveLive(job);
      this.#completed++;
    });
  }

  #leaveLive(job: Job): void {
    this.#live--;
    const left = (this.#liveByTenant.get(job.tenant) ?? 1) - 1;
    if (left > 0) this.#liveByTenant.set(job.tenant, left);
    else this.#liveByTenant.delete(job.tenant);
  }

  #cancel(job: Job): void {
    this.#endEarly(job, 'CANCELLED', 'the caller cancelled the execution');
  }

  #endUnstarted(job: Job): void {
    this.#endEarly(job, 'QUEUE_TIMEOUT', `the script did not begin within ${job.limits.queueMs} ms`);
  }

  #endEarly(job: Job, code: OutcomeCode, message: string): void {
    if (job.isDone) return;
    job.fail(code, message);
    if (!this.#queue.remove(job)) this.#fleet.cancel(job);
  }

  #onLost(host: ManagedHost, end: HostEnd): void {
    const { culprit, bystanders, areSuspects, what } = judge(host.jobs, host.placed, end);
    if (culprit !== undefined) {
      this.#quarantine.addCrash(culprit.request.source, culprit.tenant);
      culprit.fail(...sentence(end));
    }
    for (const job of bystanders) {
      if (areSuspects) this.#quarantine.addSuspect(job.request.source);
      job.runsAlone ||= areSuspects;
      this.#rerun(job, what);
    }
  }

  // Nothing of it has been seen outside as long as it made no tool call, so it can simply begin again.
  #rerun(job: Job, what: string): void {
    if (job.isDone) return;
    const { toolCallCount, losses } = job;
    if (toolCallCount > 0 || losses >= MAX_LOSSES) {
      const why = toolCallCount > 0 ? 'this script had called tools' : `for the ${losses + 1}th time`;
      job.fail('INTERRUPTED', `${what}; not run again: ${why}`);
      return;
    }
    this.#leaveLive(job);
    job.reset();
    job.awaitStart(() => this.#endUnstarted(job));
    this.#queue.unshift(job);
  }

  #onBroken(fault: EnclaveError): void {
    for (const job of this.#queue.drain()) job.fail('INTERRUPTED', fault.message);
  }
}

function argsText(args: unknown): string {
  if (args === undefined) return '{}';
  try {
    return JSON.stringify(args) ?? 'null';
  } catch (cause) {
    throw new EnclaveError('INVALID_INPUT', 'args: expected a value that can be written as JSON', { cause });
  }
}
