// A host process together with the executions on it: translates between messages and jobs.
import { BriefMap } from '../brief-map.ts';
import type { Clock } from '../clock.ts';
import type { HostStats } from '../execution.ts';
import type { RunOptions, UpMessage } from '../sandbox/messages.ts';
import type { Host, HostEnd, HostEvents } from './host.ts';
import { readProcessUsage } from './host-stats.ts';
import type { Job } from './job.ts';
import { isOutcomeCode } from './messages.ts';
import type { HostPriority } from './priority.ts';

export interface ManagedHostSetup {
  readonly clock: Clock;
  readonly maxHeapMb: number;
  /** Starts what it manages. */
  readonly open: (events: HostEvents, priority: HostPriority) => Host;
}

export interface HostStart {
  /** Is kept back. */
  readonly isReserve: boolean;
  /** Somebody waits for it. */
  readonly isUrgent: boolean;
}

export interface ManagedHostEvents {
  readonly onReady: (host: ManagedHost) => void;
  /** A place has become free. */
  readonly onFree: (host: ManagedHost) => void;
  /** Its worker can no longer do all of its work. */
  readonly onWorn: (host: ManagedHost) => void;
  readonly onEnd: (host: ManagedHost, end: HostEnd) => void;
  /** An execution lost its isolate through another one; it may be run again. */
  readonly onInterrupted: (job: Job) => void;
}

export class ManagedHost {
  /** Executions given to it and not yet let go by the worker, settled ones included. */
  readonly jobs: BriefMap<number, Job> = new BriefMap<number, Job>();
  /** `reserve`: waits, ready, to take the place of another. `draining`: takes no new executions and stops after its last. */
  state: 'starting' | 'reserve' | 'serving' | 'retiring' | 'draining' = 'starting';
  /** Whether it is kept back; may change while it starts. */
  isReserve: boolean;
  placed = 0;
  completed = 0;
  /** Of the executions and the age that a host may reach, 0..1. */
  lifeShare = 1;
  /** Kept for one execution, which came to it first and alone. */
  isExclusive = false;
  idleSinceMs = 0;
  readonly bornMs: number;
  readonly #process: Host;
  readonly #events: ManagedHostEvents;
  readonly #maxHeapMb: number;
  #lastId = 0;

  constructor(
    { clock, maxHeapMb, open }: ManagedHostSetup,
    { isReserve, isUrgent }: HostStart,
    events: ManagedHostEvents,
  ) {
    this.#events = events;
    this.isReserve = isReserve;
    this.bornMs = clock.nowMs();
    this.#maxHeapMb = maxHeapMb;
    const hostEvents: HostEvents = {
      onReady: () => {
        if (this.state === 'starting') this.state = this.isReserve ? 'reserve' : 'serving';
        if (this.state === 'serving') this.#process.hurry();
        this.#process.setBusy(this.jobs.size > 0);
        events.onReady(this);
      },
      onMessage: (message) => this.#receive(message),
      onEnd: (end) => events.onEnd(this, end),
    };
    this.#process = open(hostEvents, isUrgent ? 'usual' : 'low');
  }

  get pid(): number {
    return this.#process.pid;
  }

  get isServing(): boolean {
    return (this.state === 'serving' || this.state === 'retiring') && this.#process.isReady;
  }

  /** Out of the reserve, into service. */
  promote(): void {
    this.isReserve = false;
    this.#process.hurry();
    if (this.state === 'reserve') this.state = 'serving';
  }

  run(job: Job): void {
    const id = ++this.#lastId;
    this.jobs.set(id, job);
    this.placed++;
    this.isExclusive = job.runsAlone;
    if (this.jobs.size === 1) this.#process.setBusy(true);
    job.hostPid = this.pid;
    this.#process.send(['run', id, job.request.source, job.argsJson, runOptions(job, this.#maxHeapMb)]);
  }

  /** Lets the worker drop an execution that has been settled on this side. */
  cancel(job: Job): void {
    for (const [id, other] of this.jobs) if (other === job) this.#process.send(['cancel', id]);
  }

  stop(): void {
    this.#process.kill('stopped');
  }

  stats(): HostStats {
    return { pid: this.pid, live: this.jobs.size, completed: this.completed, ...readProcessUsage(this.pid) };
  }

  #receive(message: UpMessage): void {
    const id = message[1];
    const job = this.jobs.get(id);
    if (job === undefined) {
      // An id that was never issued is a forgery; an old one is only late.
      if (id > this.#lastId) this.#process.kill('protocol');
      return;
    }
    switch (message[0]) {
      case 'started':
        job.start(() => {
          job.fail('WALL_TIMEOUT', `the script was not finished after ${job.limits.wallMs} ms`);
          this.cancel(job);
        });
        return;
      case 'log':
        job.log(message[2], message[3], message[4]);
        return;
      case 'call':
        this.#onCall(id, job, message[2], message[3], message[4]);
        return;
      case 'worn':
        this.#events.onWorn(this);
        return;
      case 'done':
        this.#onDone(id, job, message);
        return;
    }
  }

  #onCall(id: number, job: Job, callId: number, tool: string, argsJson: string): void {
    if (job.isDone) return;
    const isLegal = job.callTool(callId, tool, argsJson, (reply) => {
      if (reply.ok) this.#process.send(['ok', id, callId, reply.json]);
      else this.#process.send(['err', id, callId, reply.code, reply.message]);
    });
    if (!isLegal) this.#process.kill('protocol');
  }

  #onDone(id: number, job: Job, message: Extract<UpMessage, { 0: 'done' }>): void {
    if (message[2] && !job.succeed(message[3], message[4])) {
      this.#process.kill('protocol');
      return;
    }
    this.jobs.delete(id);
    this.completed++;
    if (!message[2] && isOutcomeCode(message[3].code)) {
      if (message[3].code === 'INTERRUPTED' && !job.isDone) this.#events.onInterrupted(job);
      else job.failAs(message[3], message[3].code, message[4]);
    }
    if (this.jobs.size === 0) this.#process.setBusy(false);
    this.#events.onFree(this);
  }
}

function runOptions(job: Job, maxHeapMb: number): RunOptions {
  const { limits, isolation, request, tenant } = job;
  const { cpuMs, maxToolCalls, maxPendingToolCalls, maxToolArgBytes } = limits;
  const { maxResultBytes, maxConsoleBytes, maxConsoleCalls, maxErrorBytes } = limits;
  return {
    isolation,
    heapMb: isolation === 'context' ? maxHeapMb : limits.memoryMb,
    tenant,
    language: request.language ?? 'js',
    filename: request.filename ?? 'script.js',
    limits: {
      cpuMs,
      maxToolCalls,
      maxPendingToolCalls,
      maxToolArgBytes,
      maxResultBytes,
      maxConsoleBytes,
      maxConsoleCalls,
      maxErrorBytes,
    },
  };
}
