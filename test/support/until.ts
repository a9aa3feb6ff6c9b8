// Waits for a condition, however busy the machine is; polls, and never only sleeps.
import { setTimeout as delay } from 'node:timers/promises';

const STEP_MS = 20;

/** Resolves once `isTrue` holds. @throws when it does not within `timeoutMs`, naming `what`. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(STEP_MS);
  }
}
