// Entry of a host process: its main thread runs the scripts, a second one watches it from outside. A host holds no tools and no
// secrets, its environment is empty, and it never outlives its parent.
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createSlotMemory } from './slot.ts';
import type { WatchSetup } from './watch.ts';

/** Of the watch, which holds next to nothing. */
const WATCH_HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 3 };

/** Between the steps of a start that nobody waits for, ms. */
const STEP_PAUSE_MS = 150;

const [
  maxRssText = '0',
  linkFdText = '',
  snapshotText = '',
  markFdText = '',
  watchFdText = '',
  aheadText = '',
] = process.argv.slice(2);

const isAhead = aheadText === 'ahead';

/**
 * A host that is started ahead takes processor time in pieces: a start costs as much as a hundred scripts, and those that run beside
 * it would all wait for it at once.
 */
const pause = async (): Promise<void> => {
  if (isAhead) await delay(STEP_PAUSE_MS);
};

// That of the command line has been for the heap of this thread.
setFlagsFromString('--max-semi-space-size=0');

// `process.exit()` would run what scripts have left behind.
const endNow = (): void => void process.kill(process.pid, 'SIGKILL');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

await pause();
const { serve } = await import('./worker.ts');
const slot = createSlotMemory();
const originMs = performance.timeOrigin;

const startServing = (): Promise<void> =>
  serve({
    link: Number(linkFdText),
    slot,
    originMs,
    maySnapshot: snapshotText === 'snapshot',
    ...(markFdText === '' ? {} : { markFd: Number(markFdText) }),
  });

const startWatch = (): void => {
  const setup: WatchSetup = { link: Number(watchFdText), slot, originMs, maxRssBytes: Number(maxRssText) };
  const watchUrl = new URL(`./watch${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const watch = new Worker(watchUrl, { workerData: setup, env: {}, resourceLimits: WATCH_HEAP });
  watch.on('error', (fault: unknown) => {
    // Read by the supervisor; it is all that tells why a host has ended.
    process.stderr.write(`${fault instanceof Error ? fault.stack : String(fault)}\n`, endNow);
  });
  watch.on('exit', endNow);
};

if (isAhead) {
  await pause();
  startWatch();
  await pause();
  await startServing();
} else {
  const served = startServing();
  // Only now, so that the host serves sooner: a script that gets stuck meanwhile is found as soon as the watch stands, which is
  // before its time to be reported. Nothing may be waited for in between: a script that holds this thread for good would keep the
  // watch from ever being started.
  startWatch();
  await served;
}
endNow();
