// One host process: start, messages in batches, the watch over it, its end. Knows ids and sizes, nothing of executions.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { LineReader, toJsonLine } from '../json-lines.ts';
import type { DownMessage, PingMessage } from '../sandbox/messages.ts';
import { PROTOCOL_VERSION } from '../sandbox/messages.ts';
import type { Host, HostEnd, HostEvents } from './host.ts';
import type { HostLauncher } from './host-launcher.ts';
import { parseUpBatch } from './messages.ts';
import { type HostPriority, mayRaisePriority, raisePriority, setFirstPriority } from './priority.ts';

const PING_EVERY_MS = 1_000;
const MAX_MISSED_PONGS = 4;
/** By priority: what others leave may be little. */
const START_TIMEOUT_MS = { usual: 20_000, low: 60_000 } as const;
const STDERR_KEPT = 4_096;
/** Places of the two sockets and of the mark file in a host process. */
const LINK_FD = 3;
const MARK_FD = 4;
const WATCH_FD = 5;
/** Far over what one turn of a worker can hold; a host that sends more in one line is not ours any more. */
const MAX_LINE_BYTES = 2 ** 28;

export interface HostProcessSetup {
  readonly clock: Clock;
  /** Resident memory at which the host is killed, bytes. */
  readonly maxRssBytes: number;
  readonly launcher: HostLauncher;
  /** Whether its worker may make a start snapshot. */
  readonly maySnapshot: boolean;
  /** `low`: nobody waits for it yet, so it starts with as little harm to others as it can, until `hurry()`. */
  readonly priority: HostPriority;
}

export class HostProcess implements Host {
  readonly #child: ChildProcess;
  /** To the thread that runs scripts. */
  readonly #link: Socket | undefined;
  /** To the thread that watches it, and that still answers when a script is stuck. */
  readonly #watch: Socket | undefined;
  readonly #events: HostEvents;
  readonly #clock: Clock;
  readonly #mark: number | undefined;
  #out: DownMessage[] = [];
  #killedFor: HostEnd['reason'] | undefined;
  #stderr = '';
  #missedPongs = 0;
  #stopPing: () => void = () => undefined;
  #isReady = false;
  #hasEnded = false;
  #isBusy = true;
  #isLow: boolean;

  constructor(setup: HostProcessSetup, events: HostEvents) {
    this.#events = events;
    this.#clock = setup.clock;
    this.#mark = openMarkFile();
    const snapshot = setup.maySnapshot ? 'snapshot' : '';
    const mark = this.#mark === undefined ? '' : MARK_FD;
    const ahead = setup.priority === 'low' ? 'ahead' : '';
    const args = [setup.maxRssBytes, LINK_FD, snapshot, mark, WATCH_FD, ahead].map(String);
    const { url, execPath, execArgv } = setup.launcher;
    this.#child = spawn(execPath, [...execArgv, fileURLToPath(url), ...args], {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', this.#mark ?? 'ignore', 'pipe'],
    });
    this.#isLow = setup.priority === 'low' && mayRaisePriority();
    const priority = this.#isLow ? 'low' : 'usual';
    setFirstPriority(this.pid, priority);
    this.#link = this.#listen(LINK_FD);
    this.#watch = this.#listen(WATCH_FD);
    // Not at `exit`: what the host said last may still lie in a socket.
    this.#child.on('close', (code, signal) => this.#onExit(code, signal));
    this.#child.on('error', () => this.#onExit(null, null));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
    });
    const stopTimer = this.#clock.setTimer(START_TIMEOUT_MS[priority], () => this.kill('start'));
    this.#stopPing = stopTimer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isReady(): boolean {
    return this.#isReady && this.#killedFor === undefined;
  }

  send(message: DownMessage): void {
    this.#out.push(message);
    if (this.#out.length === 1) this.#clock.defer(() => this.#flush());
  }

  setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy || this.#hasEnded) return;
    this.#isBusy = isBusy;
    const change = isBusy ? 'ref' : 'unref';
    this.#child[change]();
    this.#link?.[change]();
    this.#watch?.[change]();
    // The pipe has no part in a program's life: it is read while the loop runs for another reason.
    (this.#child.stderr as { unref?: () => void } | null)?.unref?.();
  }

  hurry(): void {
    if (!this.#isLow || this.#hasEnded) return;
    this.#isLow = false;
    raisePriority(this.pid);
  }

  kill(reason: HostEnd['reason']): void {
    if (this.#killedFor !== undefined || this.#hasEnded) return;
    this.#killedFor = reason;
    // Whoever waits for the end of the process must live to see it.
    this.setBusy(true);
    this.#child.kill('SIGKILL');
  }

  #flush(): void {
    const batch = this.#out;
    this.#out = [];
    if (!this.#hasEnded && this.#link?.writable === true) this.#link.write(toJsonLine(batch));
  }

  #listen(fd: number): Socket | undefined {
    const socket = this.#child.stdio[fd] as Socket | undefined;
    const lines = new LineReader(MAX_LINE_BYTES);
    socket?.on('data', (chunk: Buffer) => this.#read(lines, chunk));
    // Why it broke is told by the end of the process.
    socket?.on('error', () => undefined);
    return socket;
  }

  #read(lines: LineReader, chunk: Buffer): void {
    let batches: unknown[];
    try {
      batches = lines.push(chunk).map((line) => JSON.parse(line) as unknown);
    } catch {
      this.kill('protocol');
      return;
    }
    for (const batch of batches) this.#receive(batch);
  }

  #receive(batch: unknown): void {
    if (this.#killedFor !== undefined) return;
    this.#missedPongs = 0;
    const messages = parseUpBatch(batch);
    if (messages === undefined) {
      this.kill('protocol');
      return;
    }
    for (const message of messages) {
      if (message[0] === 'hello') this.#onHello(message[1], message[2]);
      else if (message[0] === 'overdue') this.kill(message[2] === 'memory' ? 'memory' : 'overdue');
      else if (message[0] !== 'pong') this.#events.onMessage(message);
    }
  }

  #onHello(version: number, pid: number): void {
    if (this.#isReady || version !== PROTOCOL_VERSION || pid !== this.#child.pid) {
      this.kill('protocol');
      return;
    }
    this.#isReady = true;
    this.#stopPing();
    this.#ping();
    this.#events.onReady();
  }

  // Every further ping finds either an answer to the last one or a host whose watch stands still. A stop of our own
  // process makes all pings late alike, so that several have to be missed.
  #ping(): void {
    this.#stopPing = this.#clock.setBackgroundTimer(PING_EVERY_MS, () => {
      if (this.#isBusy) {
        if (++this.#missedPongs > MAX_MISSED_PONGS) {
          this.kill('silent');
          return;
        }
        const ping: PingMessage = ['ping', 0];
        if (this.#watch?.writable === true) this.#watch.write(toJsonLine([ping]));
      }
      this.#ping();
    });
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopPing();
    const culprit = readMark(this.#mark);
    if (this.#mark !== undefined) closeSync(this.#mark);
    this.#events.onEnd({
      reason: this.#killedFor ?? (this.#isReady ? 'crashed' : 'start'),
      signal: signal ?? undefined,
      exitCode: code ?? undefined,
      culprit,
      stderr: this.#stderr,
    });
  }
}

// The file has no name any more when the host gets it: only the two processes can reach it, and it is gone with them. In memory
// where that can be had, since it is written for every step of a script.
function openMarkFile(): number | undefined {
  if (process.platform === 'win32') return undefined;
  return openUnnamed('/dev/shm') ?? openUnnamed(tmpdir());
}

function openUnnamed(place: string): number | undefined {
  try {
    const folder = mkdtempSync(join(place, 'enclave-'));
    try {
      return openSync(join(folder, 'mark'), 'w+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return undefined;
  }
}

function readMark(fd: number | undefined): number | undefined {
  if (fd === undefined) return undefined;
  const words = new Uint32Array(1);
  const length = readSync(fd, words, 0, 4, 0);
  return length === 4 ? words[0] : 0;
}
