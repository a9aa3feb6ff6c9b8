// Entry of a host process: starts the one worker, which talks to the embedding process by itself, and watches it from outside
// its thread. It holds no tools and no secrets, its environment is empty, and it never outlives its parent.
import { Piscina } from 'piscina';
import type { PingMessage, UpMessage } from './messages.ts';
import { createSlotMemory, readSlot } from './slot.ts';

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
const WORKER_HEAP_MB = 128;

const [maxRssText = '0', socketFdText = '', snapshotText = '', markFdText = ''] = process.argv.slice(2);
const maxRssBytes = Number(maxRssText);

// `process.exit()` does not return while the worker is stuck in native code.
const endNow = (): void => void process.kill(process.pid, 'SIGKILL');
process.on('disconnect', endNow);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const slot = createSlotMemory();
const piscina = new Piscina({
  filename: new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href,
  minThreads: 1,
  maxThreads: 1,
  maxQueue: 1,
  atomics: 'disabled',
  recordTiming: false,
  resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
});
const setup = {
  link: Number(socketFdText),
  slot,
  originMs: performance.timeOrigin,
  maySnapshot: snapshotText === 'snapshot',
  ...(markFdText === '' ? {} : { markFd: Number(markFdText) }),
};
// The task ends with the worker; without a worker the host is of no use.
piscina.run(setup, { name: 'serve' }).then(endNow, (fault: unknown) => {
  // Read by the supervisor; it is all that tells why a host does not come up.
  process.stderr.write(`${fault instanceof Error ? fault.stack : String(fault)}\n`, endNow);
});

process.on('message', (batch: readonly PingMessage[]) => {
  for (const [, serial] of batch) send([['pong', serial]]);
});

let reported = 0;
let lateSerial = 0;
let usedWhenLateMs = 0;
setInterval(() => {
  const slice = readSlot(slot);
  if (slice === undefined) return;
  const overMs = performance.now() - slice.startMs - slice.budgetMs;
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
  send([['overdue', slice.executionId, isOverMemory ? 'memory' : 'slice']]);
}, POLL_MS);

function isOverdue(overMs: number): boolean {
  if (overMs <= REPORT_AFTER_MS) return false;
  return overMs > REPORT_IDLE_AFTER_MS || usedMs() - usedWhenLateMs > REPORT_AFTER_MS - POLL_MS;
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function send(batch: UpMessage[]): void {
  if (process.connected) process.send?.(batch);
}
