// A deploy: every broker and every runtime is stopped with SIGTERM and started again, one after another, under load.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { type CliProcess, startCli } from '../support/cli-process.ts';
import { freePort, hasRedis, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const CLIENTS = 8;
/** Sessions that must end between two restarts. */
const PROGRESS = 8;
const CODE =
  'console.log("a"); const ms = await callTool("later", { ms: args.ms }); console.log("b"); return ms;';
const EVENTS = ['session_init', 'started', 'log', 'tool_call', 'tool_result_applied', 'log', 'final'];
const tools = fileURLToPath(new URL('../fixtures/tools/slow-answer.ts', import.meta.url));

describe.skipIf(!hasRedis())('a rolling restart', () => {
  it('of every process, one after another, under load, loses no session', { timeout: 120_000 }, async () => {
    await using redis = await startRedis();
    const ports = [await freePort(), await freePort()];
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    const starts = [
      ...ports.map((port) => ['broker', '--redis', redis.url, '--port', `${port}`, '--tools', tools]),
      ...urls.map((url, i) => ['runtime', '--broker', `${url},${urls[1 - i]}`, '--workers', '1']),
    ].map((args) => [...args, '--drain', '30s']);
    await using started = new AsyncDisposableStack();
    const places: CliProcess[] = [];
    const start = async (args: readonly string[]) => started.use(await startCli(args));
    for (const args of starts) places.push(await start(args));

    const histories: SessionEvent[][] = [];
    let isEnding = false;
    const users = Array.from({ length: CLIENTS }, async (_, n) => {
      const client = new EnclaveClient({
        serverUrl: urls[n % 2] ?? '',
        reconnection: { maxAttempts: 10_000, initialDelay: 50, backoffMultiplier: 1.1 },
      });
      for (let i = 0; !isEnding; i++) {
        const history: SessionEvent[] = [];
        await client.run(
          { code: CODE, input: { ms: (n * 37 + i * 11) % 200 } },
          { onEvent: (event) => history.push(event) },
        );
        histories.push(history);
      }
    });
    const load = Promise.all(users);
    // A client that gives up ends the test at once.
    load.catch(() => {});
    const roll = async () => {
      for (const [i, args] of starts.entries()) {
        const target = histories.length + PROGRESS;
        await until(`${target} sessions have ended`, () => histories.length >= target);
        expect(await places[i]?.stop(), args[0]).toBe(0);
        places[i] = await start(args);
      }
    };
    await Promise.race([roll(), load]);
    const target = histories.length + PROGRESS;
    await Promise.race([until('the load goes on', () => histories.length >= target), load]);
    isEnding = true;
    await load;
    expect(histories.length).toBeGreaterThanOrEqual(PROGRESS * (starts.length + 1));
    for (const history of histories) {
      // `queued` and a second `started` tell that a runtime gave it back unbegun: that is no loss.
      const types = history.map(({ type }) => type);
      if (!types.includes('queued')) expect(types).toEqual(EVENTS);
      expect(history.map(({ seq }) => seq)).toEqual(history.map((_, i) => i + 1));
      expect(history.at(-1)).toMatchObject({ type: 'final', payload: { ok: true } });
    }
  });
});
