// The second thread of a host process: sees from outside when a script has got the first one stuck, or has taken too much
// memory, and tells the embedding process, which kills the host. If that is gone or does not react, it does so itself.
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { LineReader, toJsonLine } from '../json-lines.ts';
import type { PingMessage, UpMessage } from './messages.ts';
import { readSlot } from './slot.ts';

const POLL_MS = 50;
/**
 * An entry that V8 could not interrupt in its time gets this much more before it is reported, ms. That time must have been
 * spent by this process, not by its neighbours: on a starved machine a script is late through no act of its own.
 */
const REPORT_AFTER_MS = 250;
/** Late enough to be reported without having used the processor. */
const REPORT_IDLE_AFTER_MS = 2_000;
/** If the embedding process does not react either, the host ends itself, ms after the end of the slice. */
const SELF_KILL_AFTER_MS = 3_000;
const MAX_PING_BYTES = 65_536;

export interface WatchSetup {
  /** File descriptor of a socket to the embedding process, for pings and reports. */
  readonly link: number;
  readonly slot: SharedArrayBuffer;
  /** `performance.timeOrigin` of the thread that writes the slot. */
  readonly originMs: number;
  /** Resident memory of the process at which the execution under way is reported, bytes; 0 for none. */
  readonly maxRssBytes: number;
}

const { link, slot, originMs, maxRssBytes } = workerData as WatchSetup;

// `process.exit()` would end this thread only.
const endNow = (): void => void process.kill(process.pid, 'SIGKILL');
const socket = new Socket({ fd: link, readable: true, writable: true });
socket.on('error', endNow);
socket.on('close', endNow);
const lines = new LineReader(MAX_PING_BYTES);
socket.on('data', (chunk: Buffer) => {
  for (const line of lines.push(chunk))
    for (const [, serial] of JSON.parse(line) as readonly PingMessage[]) send(['pong', serial]);
});

let reported = 0;
let lateSerial = 0;
let usedWhenLateMs = 0;
setInterval(() => {
  const slice = readSlot(slot);
  if (slice === undefined) return;
  const nowMs = performance.timeOrigin - originMs + performance.now();
  const overMs = nowMs - slice.startMs - slice.budgetMs;
  if (reported === slice.serial) {
    // Only after it was reported: an end without a word would be taken for a crash.
    if (overMs > SELF_KILL_AFTER_MS) endNow();
    return;
  }
  if (overMs > 0 && lateSerial !== slice.serial) {
    lateSerial = slice.serial;
    usedWhenLateMs = usedMs();
  }
  const isOverMemory = maxRssBytes > 0 && process.memoryUsage.rss() > maxRssBytes;
  if (!(isOverMemory || isOverdue(overMs))) return;
  reported = slice.serial;
  send(['overdue', slice.executionId, isOverMemory ? 'memory' : 'slice']);
}, POLL_MS);

function isOverdue(overMs: number): boolean {
  if (overMs <= REPORT_AFTER_MS) return false;
  return overMs > REPORT_IDLE_AFTER_MS || usedMs() - usedWhenLateMs > REPORT_AFTER_MS - POLL_MS;
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function send(message: UpMessage): void {
  socket.write(toJsonLine([message]));
}
