// Runtimes, brokers and Redis are killed, and runtimes frozen, under load. Then a checker looks at every session: none that
// was acknowledged is lost, none ends twice, every client saw its events without gap or repeat, no `once` tool ran twice.
// CHAOS_SEED and CHAOS_FAULTS repeat or lengthen a run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import type { SessionEvent } from '../../src/protocol/events.ts';
import { type Fleet, startFleet } from '../support/fleet.ts';
import { problemsOf, type Seen, seededRandom } from '../support/history.ts';
import { DURABLE, hasRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_121);
const FAULTS = Number(process.env['CHAOS_FAULTS'] ?? 9);
const CLIENTS = 10;
/** Sessions that must end between two faults: the load goes on, however slow the machine is. */
const PROGRESS = 12;
const CODE = `console.log("before");
const said = await callTool("note", { who: args.who, waitMs: args.waitMs }).catch((error) => error.code);
console.log("after");
return said;`;
/** How a session may end: with its answer, with a call that may have happened, or with the loss of its runtime. */
const MAY_FAIL = ['RUNTIME_LOST'];
const TRIES = {
  reconnection: { maxAttempts: 10_000, initialDelay: 50, backoffMultiplier: 1.05 },
  timeout: 90_000,
};

const folder = mkdtempSync(join(tmpdir(), 'enclave-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasRedis())('chaos', () => {
  it('loses no acknowledged session, ends none twice, shows every client a gapless sequence', {
    timeout: 180_000,
  }, async () => {
    console.info(`chaos: CHAOS_SEED=${SEED} CHAOS_FAULTS=${FAULTS}`);
    const ledger = join(folder, 'ledger');
    writeFileSync(ledger, '');
    const random = seededRandom(SEED);
    await using fleet = await startFleet({
      redisArgs: DURABLE,
      brokers: 2,
      runtimes: 2,
      brokerFixture: 'chaos-broker.ts',
      brokerArgs: [ledger],
    });
    const load = startLoad(fleet.urls);
    const faults: string[] = [];
    for (let i = 0; i < FAULTS; i++) {
      const target = load.seen.length + PROGRESS;
      await until(
        `${target} sessions have ended`,
        () => load.seen.length >= target || load.failed.length > 0,
      );
      if (load.failed.length > 0) break;
      faults.push(await strike(fleet, random, i));
    }
    await load.end();
    console.info(`chaos: ${load.seen.length} sessions through ${faults.join(', ')}`);
    expect(load.failed).toEqual([]);
    const checked = await Promise.all(
      load.seen.map(async (seen, i) => {
        // From the broker that the client did not use, as far as it goes.
        const stored: SessionEvent[] = [];
        const reader = new EnclaveClient({ serverUrl: fleet.urls[(i + 1) % 2] ?? '', ...TRIES });
        await reader.follow(seen.sessionId, { onEvent: (event) => stored.push(event) });
        return problemsOf(seen, stored);
      }),
    );
    expect(checked.flat()).toEqual([]);
    const lines = readFileSync(ledger, 'utf8').split('\n').slice(0, -1);
    expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([]);
    expect(load.seen.flatMap((seen) => wrongEnd(seen, new Set(lines)))).toEqual([]);
    // The faults had an effect, and most of the work was done all the same.
    expect(new Set(load.seen.map(({ sessionId }) => sessionId)).size).toBe(load.seen.length);
    expect(load.seen.filter(({ events }) => endOf(events).ok).length).toBeGreaterThan(load.seen.length / 2);
  });
});

describe.skipIf(!hasRedis())('a Redis that keeps nothing', () => {
  it('killed under load takes its sessions along; every client is told, and the fleet goes on by itself', {
    timeout: 120_000,
  }, async () => {
    const ledger = join(folder, 'ledger-of-none');
    writeFileSync(ledger, '');
    await using fleet = await startFleet({
      redisArgs: [],
      brokers: 2,
      runtimes: 2,
      brokerFixture: 'chaos-broker.ts',
      brokerArgs: [ledger],
    });
    const ends: string[] = [];
    let isOver = false;
    const user = async (n: number) => {
      const client = new EnclaveClient({ serverUrl: fleet.urls[n % 2] ?? '', ...TRIES });
      for (let i = 0; !isOver; i++) {
        const seen: SessionEvent[] = [];
        const input = { who: `${n}-${i}`, waitMs: 20 };
        const end = await client.run({ code: CODE, input }, { onEvent: (event) => seen.push(event) }).then(
          ({ final }) => (final === undefined ? 'nothing' : final.ok ? 'ok' : final.error.code),
          (error: unknown) =>
            error instanceof Error && 'code' in error ? String(error.code) : String(error),
        );
        ends.push(end);
        if (seen.filter(({ type }) => type === 'final').length > 1) ends.push('two ends');
      }
    };
    const users = Promise.all(Array.from({ length: CLIENTS }, (_, n) => user(n)));
    const wellEnded = () => ends.filter((end) => end === 'ok').length;
    for (let round = 0; round < 2; round++) {
      const target = wellEnded() + PROGRESS;
      await until('sessions end well', () => wellEnded() >= target);
      await fleet.redis.kill();
      await fleet.redis.start();
    }
    const target = wellEnded() + PROGRESS;
    await until('sessions end well again', () => wellEnded() >= target);
    isOver = true;
    await users;
    expect(ends.filter((end) => !['ok', 'NOT_FOUND', 'RUNTIME_LOST'].includes(end))).toEqual([]);
  });
});

/** Does something bad, waits for nothing but the replacement of what it ended. */
async function strike(fleet: Fleet, random: () => number, index: number): Promise<string> {
  // Each kind in turn, so that a short run has all of them; which process it meets is chance.
  const kinds = ['runtime', 'broker', 'redis', 'freeze'] as const;
  const kind = kinds[index % kinds.length];
  const pick = Math.floor(random() * 2);
  if (kind === 'redis') {
    await fleet.redis.kill();
    await fleet.redis.start();
    return 'redis killed';
  }
  const place = kind === 'broker' ? fleet.brokers[pick] : fleet.runtimes[pick];
  if (kind === 'freeze') {
    place?.stop('SIGSTOP');
    // Longer than the broker waits for a heartbeat: it is dropped, and its late words are refused.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    place?.stop('SIGCONT');
    return `runtime ${pick} frozen`;
  }
  await place?.kill();
  await place?.start();
  return `${kind} ${pick} killed`;
}

function startLoad(urls: readonly string[]) {
  const seen: Seen[] = [];
  const failed: string[] = [];
  let isEnding = false;
  const user = async (n: number) => {
    // A generator of its own: who draws when depends on the machine.
    const random = seededRandom(SEED + 1 + n);
    const client = new EnclaveClient({ serverUrl: urls[n % urls.length] ?? '', ...TRIES, random });
    for (let i = 0; !isEnding && failed.length === 0; i++) {
      const key = `client-${n}-${i}`;
      const events: SessionEvent[] = [];
      try {
        const input = { who: key, waitMs: Math.floor(random() * 60) };
        const { sessionId } = await client.run(
          { code: CODE, input },
          { idempotencyKey: key, onEvent: (event) => events.push(event) },
        );
        seen.push({ key, sessionId, events });
      } catch (error) {
        failed.push(`${key}: ${String(error)} after ${events.map(({ type }) => type).join(' ')}`);
      }
    }
  };
  const users = Promise.all(Array.from({ length: CLIENTS }, (_, n) => user(n)));
  return {
    seen,
    failed,
    end: async () => {
      isEnding = true;
      await users;
    },
  };
}

function endOf(events: readonly SessionEvent[]): { ok: boolean; said: unknown } {
  const last = events.at(-1);
  if (last?.type !== 'final') return { ok: false, said: undefined };
  return last.payload.ok
    ? { ok: true, said: last.payload.result }
    : { ok: false, said: last.payload.error.code };
}

/** A result that the ledger contradicts, or an end that no fault explains. */
function wrongEnd({ key, events }: Seen, ledger: ReadonlySet<string>): string[] {
  const { ok, said } = endOf(events);
  if (!ok) return MAY_FAIL.includes(String(said)) ? [] : [`${key} failed with ${String(said)}`];
  if (said === 'OUTCOME_UNKNOWN') return [];
  return said === key && ledger.has(key) ? [] : [`${key} answered ${String(said)}`];
}
