// Thousands of clients, each following a session that waits: what one costs the broker, and how long all of them need to be
// back after the broker was restarted. The clients are ours, unchanged.
import { setTimeout as delay } from 'node:timers/promises';
import { collectGarbage, freePort, rssBytes, startBroker, startRedis, startRuntime } from './fleet.ts';

export interface IdleResult {
  readonly clients: number;
  /** Resident memory of the broker per open stream after its garbage was collected, bytes. The kernel's buffers of a socket are not in it. */
  readonly bytesEach: number;
  /** From the end of the old broker to the last stream that was open again, ms. */
  readonly resumedMs: number;
  /** Until the new broker listened, of the above, ms. */
  readonly restartMs: number;
}

const SUBMITS_AT_ONCE = 50;
const OPENED_AT_ONCE = 100;
const SETTLE_MS = 2_000;
const GIVE_UP_MS = 60_000;

const { EnclaveClient } = (await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)) as typeof import('../../src/client/index.ts');

export async function measureIdleClients(clients: number): Promise<IdleResult> {
  const [redisPort, port] = [await freePort(), await freePort()];
  await using _redis = await startRedis(redisPort);
  const first = await startBroker(redisPort, port, { nodeFlags: ['--inspect=127.0.0.1:0'] });
  await using processes = new AsyncDisposableStack();
  processes.use(first);
  // One place, and it is taken: all other sessions wait in the queue.
  processes.use(await startRuntime(port, { isolation: 'context', slots: 1 }));
  const serverUrl = `http://127.0.0.1:${port}`;
  // It never gives up: a slow restart is to show as such.
  const client = new EnclaveClient({ serverUrl, timeout: 200_000, reconnection: { maxAttempts: 1_000 } });
  const code = 'return await callTool("hold", {})';
  const ids: string[] = [];
  const submitOne = async () => void ids.push(await client.submit({ code }));
  while (ids.length < clients)
    await Promise.all(
      Array.from({ length: Math.min(SUBMITS_AT_ONCE, clients - ids.length) }, () => submitOne()),
    );
  await delay(SETTLE_MS);
  await collectGarbage(first);
  const emptyBytes = rssBytes(first.pid);

  const streams = watchStreams();
  const abort = new AbortController();
  const follows = ids.map(async (id, n) => {
    await delay(Math.floor(n / OPENED_AT_ONCE) * 40);
    await client.follow(id, { signal: abort.signal }).catch(() => {});
  });
  await until(() => streams.opened >= clients);
  await delay(SETTLE_MS);
  await collectGarbage(first);
  const bytesEach = (rssBytes(first.pid) - emptyBytes) / clients;

  streams.opened = 0;
  const startMs = performance.now();
  await first.end('SIGTERM');
  processes.use(await startBroker(redisPort, port));
  const restartMs = performance.now() - startMs;
  await until(() => streams.opened >= clients);
  const resumedMs = performance.now() - startMs;
  abort.abort();
  await Promise.all(follows);
  streams.restore();
  return { clients, bytesEach, resumedMs, restartMs };
}

/** Counts the streams that a broker has answered, under the client, which speaks to `fetch` alone. */
function watchStreams(): { opened: number; restore: () => void } {
  const { fetch } = globalThis;
  const watch = {
    opened: 0,
    restore: () => {
      globalThis.fetch = fetch;
    },
  };
  globalThis.fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.ok && response.headers.get('content-type')?.startsWith('text/event-stream') === true)
      watch.opened++;
    return response;
  };
  return watch;
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  while (!isTrue()) {
    if (performance.now() > giveUpMs) throw new Error(`not there after ${GIVE_UP_MS} ms`);
    await delay(10);
  }
}
