// Some of the clients of `idle-clients.ts`, in a process of their own: each follows a session that waits. Told by its parent what to
// do; tells how many streams have been answered since it was last told to count anew.
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export type Order =
  | { readonly type: 'follow'; readonly serverUrl: string; readonly ids: readonly string[] }
  | { readonly type: 'count anew' }
  | { readonly type: 'end' };

const OPENED_AT_ONCE = 25;
const PAUSE_MS = 40;
const TELL_MS = 10;

const { EnclaveClient } = (await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)) as typeof import('../../src/client/index.ts');

let opened = 0;
let told = 0;
subscribe('http.client.response.finish', (message) => {
  const { statusCode, headers } = (message as { readonly response: IncomingMessage }).response;
  if (statusCode === 200 && headers['content-type']?.startsWith('text/event-stream') === true) opened++;
});
setInterval(() => {
  if (opened !== told) process.send?.({ opened });
  told = opened;
}, TELL_MS).unref();

const abort = new AbortController();

async function follow(serverUrl: string, ids: readonly string[]): Promise<void> {
  // It never gives up: a slow restart is to show as such.
  const client = new EnclaveClient({ serverUrl, timeout: 200_000, reconnection: { maxAttempts: 1_000 } });
  await Promise.all(
    ids.map(async (id, n) => {
      await delay(Math.floor(n / OPENED_AT_ONCE) * PAUSE_MS);
      await client.follow(id, { signal: abort.signal }).catch(() => {});
    }),
  );
}

process.on('message', (order: Order) => {
  if (order.type === 'follow') void follow(order.serverUrl, order.ids);
  else if (order.type === 'count anew') {
    opened = 0;
    told = 0;
  } else process.exit(0);
});
process.on('disconnect', () => process.exit(0));
