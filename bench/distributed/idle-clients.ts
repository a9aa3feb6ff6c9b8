// Thousands of clients, each following a session that waits: what one costs the broker, and how long all of them need to be
// back after the broker was restarted. The clients are ours, unchanged.
import { setTimeout as delay } from 'node:timers/promises';
import {
  collectGarbage,
  cpuUs,
  freePort,
  type Running,
  rssBytes,
  startBareServer,
  startBroker,
  startRedis,
  startRuntime,
} from './fleet.ts';

export interface IdleResult {
  readonly clients: number;
  /** Resident memory of the broker per open stream after its garbage was collected, bytes. The kernel's buffers of a socket are not in it. */
  readonly bytesEach: number;
  readonly restart: Restart;
  /** The same of a server that has nothing to look up, with the same clients: what they and the machine need by themselves. */
  readonly bare: Restart;
}

export interface Restart {
  /** From SIGTERM to the last stream that was open again, ms. */
  readonly resumedMs: number;
  /** Of these: until the old process was gone, and until the new one listened, ms. */
  readonly endedMs: number;
  readonly startedMs: number;
  /** Processor time per client from then on, us. */
  readonly serverUs: number;
  readonly clientUs: number;
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

  let bytesEach = 0;
  const restart = await measureRestart(serverUrl, ids, first, {
    opened: async () => {
      await delay(SETTLE_MS);
      await collectGarbage(first);
      bytesEach = (rssBytes(first.pid) - emptyBytes) / clients;
    },
    startNext: async () => processes.use(await startBroker(redisPort, port)),
  });
  const barePort = await freePort();
  const bareUrl = `http://127.0.0.1:${barePort}`;
  const bare = await measureRestart(bareUrl, ids, processes.use(await startBareServer(barePort)), {
    opened: () => delay(SETTLE_MS),
    startNext: async () => processes.use(await startBareServer(barePort)),
  });
  return { clients, bytesEach, restart, bare };
}

/** Opens a stream for each session, and restarts the server under them. */
async function measureRestart(
  serverUrl: string,
  ids: readonly string[],
  first: Running,
  on: { readonly opened: () => Promise<void>; readonly startNext: () => Promise<Running> },
): Promise<Restart> {
  const client = new EnclaveClient({ serverUrl, timeout: 200_000, reconnection: { maxAttempts: 1_000 } });
  const streams = watchStreams();
  const abort = new AbortController();
  const follows = ids.map(async (id, n) => {
    await delay(Math.floor(n / OPENED_AT_ONCE) * 40);
    await client.follow(id, { signal: abort.signal }).catch(() => {});
  });
  await until(() => streams.opened >= ids.length);
  await on.opened();
  streams.opened = 0;
  const startMs = performance.now();
  await first.end('SIGTERM');
  const endedMs = performance.now() - startMs;
  const next = await on.startNext();
  const startedMs = performance.now() - startMs;
  const [serverBefore, clientBefore] = [cpuUs(next.pid), cpuUs(process.pid)];
  await until(() => streams.opened >= ids.length);
  const resumedMs = performance.now() - startMs;
  const serverUs = (cpuUs(next.pid) - serverBefore) / ids.length;
  const clientUs = (cpuUs(process.pid) - clientBefore) / ids.length;
  abort.abort();
  await Promise.all(follows);
  streams.restore();
  return { resumedMs, endedMs, startedMs, serverUs, clientUs };
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
