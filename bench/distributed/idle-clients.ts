// Thousands of clients, each following a session that waits: what one costs the broker, and how long all of them need to be
// back after the broker was restarted. The clients are ours, unchanged.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Order } from './client-process.ts';
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
const CLIENT_PROCESSES = 4;
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
  const client = new EnclaveClient({ serverUrl });
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
  await using clients = openClients(serverUrl, ids);
  await until(() => clients.opened() >= ids.length);
  await on.opened();
  clients.countAnew();
  const startMs = performance.now();
  await first.end('SIGTERM');
  const endedMs = performance.now() - startMs;
  const next = await on.startNext();
  const startedMs = performance.now() - startMs;
  const [serverBefore, clientBefore] = [cpuUs(next.pid), clients.cpuUs()];
  await until(() => clients.opened() >= ids.length);
  const resumedMs = performance.now() - startMs;
  const serverUs = (cpuUs(next.pid) - serverBefore) / ids.length;
  const clientUs = (clients.cpuUs() - clientBefore) / ids.length;
  return { resumedMs, endedMs, startedMs, serverUs, clientUs };
}

interface Clients extends AsyncDisposable {
  /** Streams that were answered since the last {@link countAnew}. */
  opened(): number;
  countAnew(): void;
  cpuUs(): number;
}

/** In several processes: one alone would spend a quarter of its time looking for a free connection among thousands. */
function openClients(serverUrl: string, ids: readonly string[]): Clients {
  const processes = Array.from({ length: CLIENT_PROCESSES }, (_, n) => {
    const child = fork(fileURLToPath(new URL('client-process.ts', import.meta.url)));
    const process = { child, opened: 0, gone: once(child, 'exit') };
    child.on('message', ({ opened }: { readonly opened: number }) => {
      process.opened = opened;
    });
    const own = ids.filter((_id, index) => index % CLIENT_PROCESSES === n);
    child.send({ type: 'follow', serverUrl, ids: own } satisfies Order);
    return process;
  });
  const tell = (order: Order) => {
    for (const { child } of processes) child.send(order);
  };
  return {
    opened: () => processes.reduce((sum, { opened }) => sum + opened, 0),
    countAnew() {
      tell({ type: 'count anew' });
      for (const process of processes) process.opened = 0;
    },
    cpuUs: () => processes.reduce((sum, { child }) => sum + cpuUs(child.pid ?? 0), 0),
    async [Symbol.asyncDispose]() {
      tell({ type: 'end' });
      await Promise.all(processes.map(({ gone }) => gone));
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  while (!isTrue()) {
    if (performance.now() > giveUpMs) throw new Error(`not there after ${GIVE_UP_MS} ms`);
    await delay(10);
  }
}
