// A host inside this process: the worker that a host process runs, in a thread, with nothing between a script that breaks V8
// and the caller. For trusted scripts and tests. A thread in native code can be neither ended nor unblocked: it is then given
// up, which costs a core until the process is killed.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import type { DownMessage } from '../sandbox/messages.ts';
import { createSlotMemory, readSlot } from '../sandbox/slot.ts';
import type { Host, HostEnd, HostEvents } from './host.ts';
import { parseUpBatch } from './messages.ts';

const THREAD_URL = new URL(
  `../sandbox/thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);
/** Of our own code in the thread; isolates count apart. */
const THREAD_HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 12 };
const POLL_MS = 50;
/** Longer than in a host process: who else uses the processor here cannot be told apart from the script. */
const OVERDUE_AFTER_MS = 2_000;
/** A thread that has not ended after so long is left behind. */
const END_TIMEOUT_MS = 1_000;
const START_TIMEOUT_MS = 20_000;
const NODE_FLAG = '--no-node-snapshot';

/** Whether node runs as isolated-vm needs it: it must not take its own contexts from a snapshot. */
export function canRunInProcess(
  execArgv: readonly string[] = process.execArgv,
  nodeOptions: string = process.env['NODE_OPTIONS'] ?? '',
): boolean {
  return execArgv.includes(NODE_FLAG) || nodeOptions.split(/\s+/u).includes(NODE_FLAG);
}

export class HostThread implements Host {
  readonly pid: number = process.pid;
  readonly #events: HostEvents;
  readonly #clock: Clock;
  readonly #slot: SharedArrayBuffer = createSlotMemory();
  readonly #port: MessagePort;
  readonly #thread: Worker;
  #out: DownMessage[] = [];
  #reason: HostEnd['reason'] | undefined;
  #lastWords = '';
  #isReady = false;
  #isBusy = true;
  #hasEnded = false;
  #stopTimer: () => void;

  constructor(clock: Clock, events: HostEvents) {
    this.#events = events;
    this.#clock = clock;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#thread = new Worker(THREAD_URL, {
      workerData: { link: port2, slot: this.#slot, originMs: performance.timeOrigin },
      transferList: [port2],
      env: {},
      resourceLimits: THREAD_HEAP,
    });
    this.#thread.on('error', (fault: unknown) => {
      this.#lastWords = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    });
    this.#thread.on('exit', (code) => this.#onEnd(code));
    port1.on('message', (batch: unknown) => this.#receive(batch));
    this.#stopTimer = clock.setTimer(START_TIMEOUT_MS, () => this.kill('start'));
  }

  get isReady(): boolean {
    return this.#isReady && this.#reason === undefined;
  }

  send(message: DownMessage): void {
    this.#out.push(message);
    if (this.#out.length === 1) this.#clock.defer(() => this.#flush());
  }

  setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy || this.#hasEnded) return;
    this.#isBusy = isBusy;
    const change = isBusy ? 'ref' : 'unref';
    this.#thread[change]();
    this.#port[change]();
  }

  /** A thread has the priority of its process from the start. */
  hurry(): void {}

  kill(reason: HostEnd['reason']): void {
    if (this.#reason !== undefined || this.#hasEnded) return;
    this.#reason = reason;
    this.setBusy(true);
    this.#stopTimer();
    // A thread that is well ends itself, see thread.ts: from outside it can be hit at a moment at which the process aborts.
    if (reason === 'stopped') this.#port.close();
    else void this.#thread.terminate();
    this.#stopTimer = this.#clock.setTimer(reason === 'overdue' ? 0 : END_TIMEOUT_MS, () =>
      this.#onEnd(undefined),
    );
  }

  #flush(): void {
    const batch = this.#out;
    this.#out = [];
    if (!this.#hasEnded) this.#port.postMessage(batch);
  }

  #receive(batch: unknown): void {
    if (this.#reason !== undefined || this.#hasEnded) return;
    const messages = parseUpBatch(batch);
    if (messages === undefined) {
      this.kill('protocol');
      return;
    }
    for (const message of messages) {
      if (message[0] === 'hello') this.#onHello();
      else this.#events.onMessage(message);
    }
  }

  #onHello(): void {
    this.#isReady = true;
    this.#stopTimer();
    this.#watch();
    this.#events.onReady();
  }

  #watch(): void {
    this.#stopTimer = this.#clock.setBackgroundTimer(POLL_MS, () => {
      const slice = readSlot(this.#slot);
      if (slice !== undefined && performance.now() - slice.startMs - slice.budgetMs > OVERDUE_AFTER_MS)
        this.kill('overdue');
      else this.#watch();
    });
  }

  #onEnd(exitCode: number | undefined): void {
    if (this.#hasEnded) return;
    this.setBusy(false);
    this.#hasEnded = true;
    this.#stopTimer();
    this.#port.close();
    this.#events.onEnd({
      reason: this.#reason ?? (this.#isReady ? 'crashed' : 'start'),
      signal: undefined,
      exitCode,
      culprit: readSlot(this.#slot)?.executionId ?? 0,
      stderr: this.#lastWords,
    });
  }
}
