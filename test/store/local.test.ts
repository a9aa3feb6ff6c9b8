import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realClock } from '../../src/clock.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { conformance, newSession } from './conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'enclave-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.db`);
const retention = (eventsMs: number) => ({ eventsMs, resultMs: eventsMs + 60_000 });

conformance('memory', async (eventsMs) =>
  createMemoryStore({ clock: realClock, retention: retention(eventsMs) }),
);
conformance('sqlite', async (eventsMs) =>
  createSqliteStore({ clock: realClock, file: newFile(), retention: retention(eventsMs) }),
);

describe('a SQLite file', () => {
  const QUOTA = { high: 1, normal: 1, low: 1 };

  it('brings everything back after a restart: the queued to be run, the running as lost, the ended to be read', async () => {
    const file = newFile();
    const before = createSqliteStore({ clock: realClock, file });
    await before.open('b1', () => {});
    const running = newSession(before);
    const ended = newSession(before, { priority: 'low' });
    await before.submit(running);
    await before.submit(ended);
    for (const entry of await before.take('any', QUOTA, 2)) {
      const { id, entryId } = entry;
      const by = { runtimeId: 'r', brokerId: 'b1', isTakeover: false, claimId: entryId };
      const claim = await before.claim({ id, entryId, ...by });
      if (claim.code !== 'ok') throw new Error(claim.code);
      if (id === ended.id)
        await before.finish({ id, fence: claim.fence, state: 'completed', final: '{"r":1}' });
    }
    const queued = newSession(before);
    await before.submit(queued);
    await before[Symbol.asyncDispose]();

    await using after = createSqliteStore({ clock: realClock, file });
    await after.open('b2', () => {});
    expect((await after.take('any', QUOTA, 9)).map((entry) => entry.id)).toEqual([queued.id]);
    const [lost] = await after.reap('any', 15_000, 9);
    expect(lost?.id).toBe(running.id);
    const claim = await after.claim({
      id: running.id,
      entryId: lost?.entryId ?? '',
      runtimeId: 'r2',
      brokerId: 'b2',
      isTakeover: true,
      claimId: 'c',
    });
    expect(claim.code).toBe('lost');
    expect(await after.find(ended.id)).toMatchObject({ state: 'completed', final: '{"r":1}' });
    expect((await after.read(ended.id, { seq: 1 }, 9))?.events.map(({ type }) => type)).toEqual([
      'started',
      'final',
    ]);
  });

  it('that cannot be opened is told with its reason', () => {
    const file = newFile();
    writeFileSync(file, 'this is no database, but a text that is long enough to be read as a header of one');
    expect(() => createSqliteStore({ clock: realClock, file })).toThrow(/FILE_NOT_WRITABLE.*not a database/u);
  });
});
