// Sessions in one SQLite file: live ones are served from memory, every change is committed before it is answered.
// All changes of one turn of the event loop go into one transaction.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { z } from 'zod';
import { EnclaveError } from '../errors.ts';
import { isTerminal, type StoredEvent } from '../protocol/events.ts';
import type { Archive, LocalStoreOptions } from './archive.ts';
import type { KeyReservation } from './fleet-operations.ts';
import { createLocalStore } from './local-store.ts';
import type { LiveSession, ToolState } from './session-rules.ts';
import type { Retention, SessionQuery, Store } from './store.ts';

export interface SqliteStoreOptions extends LocalStoreOptions {
  readonly file: string;
  /** ms to wait for another process that holds the file. Default 5,000. */
  readonly busyTimeout?: number;
  /** Bytes of pages kept in memory. Default: SQLite's own, 2,000 KiB. */
  readonly cacheSize?: number;
  /** Bytes of the file mapped into memory. Default 0. */
  readonly mmapSize?: number;
}

const DAY_MS = 86_400_000;
/** A file has room: what has ended is kept for a day. */
export const SQLITE_RETENTION: Retention = { eventsMs: DAY_MS, resultMs: DAY_MS };

/** @throws EnclaveError FILE_NOT_WRITABLE */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  return createLocalStore(new SqliteArchive(options), { retention: SQLITE_RETENTION, ...options });
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 8000;
  CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, is_live INTEGER NOT NULL, ended_at INTEGER, source TEXT NOT NULL, state TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_live ON sessions (is_live) WHERE is_live = 1;
  CREATE INDEX IF NOT EXISTS sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS sessions_listed
    ON sessions (state ->> '$.tenant', state ->> '$.createdAtMs', id) WHERE is_live = 0;
  CREATE TABLE IF NOT EXISTS events (
    session TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL, type TEXT NOT NULL,
    payload TEXT NOT NULL, PRIMARY KEY (session, seq)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, session TEXT NOT NULL, body_hash TEXT NOT NULL, until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

/** The order is that of the index `sessions_listed`, read backwards. */
const LIST_ENDED = `
  SELECT id, state, '' AS source FROM sessions
  WHERE is_live = 0 AND state ->> '$.tenant' = ? AND ended_at >= ?
    AND (state ->> '$.createdAtMs' < ? OR (state ->> '$.createdAtMs' = ? AND id < ?))
    AND (? IS NULL OR state ->> '$.state' = ?)
  ORDER BY state ->> '$.createdAtMs' DESC, id DESC LIMIT ?`;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: EnclaveError) => void;
}

class SqliteArchive implements Archive {
  readonly kind = 'sqlite';
  readonly #db: DatabaseSync;
  readonly #clock: LocalStoreOptions['clock'];
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  /** Last event of each live session that is in the file. */
  readonly #savedSeq = new Map<string, number>();
  readonly #dirty = new Set<LiveSession>();
  #waiting: Waiter[] = [];
  #retention: Retention = SQLITE_RETENTION;

  constructor({ file, clock, busyTimeout = 5_000, cacheSize, mmapSize }: SqliteStoreOptions) {
    this.#clock = clock;
    this.#file = file;
    try {
      this.#db = new DatabaseSync(file, { timeout: busyTimeout });
      // A negative size is in KiB; a positive one would be in pages.
      if (cacheSize !== undefined) this.#db.exec(`PRAGMA cache_size = -${Math.floor(cacheSize / 1_024)}`);
      if (mmapSize !== undefined) this.#db.exec(`PRAGMA mmap_size = ${mmapSize}`);
      this.#db.exec(SCHEMA);
    } catch (cause) {
      throw new EnclaveError(
        'FILE_NOT_WRITABLE',
        `expected a SQLite file that can be written, got ${JSON.stringify(file)} (${reason(cause)})`,
        { cause },
      );
    }
  }

  async open(retention: Retention): Promise<Iterable<LiveSession>> {
    this.#retention = retention;
    const rows = this.#sql('SELECT id, state, source FROM sessions WHERE is_live = 1').all();
    return rows.map((row) => {
      const live = this.#revive(row);
      this.#savedSeq.set(live.id, live.seq);
      return live;
    });
  }

  save(live: LiveSession): Promise<void> {
    if (this.#dirty.size === 0) this.#clock.defer(() => this.#commit());
    this.#dirty.add(live);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #commit(): void {
    const waiting = this.#waiting;
    const dirty = [...this.#dirty];
    this.#waiting = [];
    this.#dirty.clear();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const live of dirty) this.#write(live);
      this.#expire();
      this.#db.exec('COMMIT');
      for (const live of dirty) {
        if (isTerminal(live.state)) this.#savedSeq.delete(live.id);
        else this.#savedSeq.set(live.id, live.seq);
      }
      for (const { resolve } of waiting) resolve();
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const error = new EnclaveError('STORE_UNAVAILABLE', `cannot write ${this.#file} (${reason(cause)})`, {
        cause,
      });
      for (const { reject } of waiting) reject(error);
    }
  }

  #write(live: LiveSession): void {
    const { source, request, events, tools, watchers: _watchers, ...state } = live;
    const isOver = isTerminal(live.state);
    this.#sql(`INSERT INTO sessions (id, is_live, ended_at, source, state) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET is_live = excluded.is_live, ended_at = excluded.ended_at, state = excluded.state`).run(
      live.id,
      isOver ? 0 : 1,
      isOver ? this.#clock.wallMs() : null,
      source,
      JSON.stringify({ ...state, request: request(), tools: [...tools] }),
    );
    const saved = this.#savedSeq.get(live.id) ?? 0;
    const insert = this.#sql(
      'INSERT INTO events (session, seq, id, ts, type, payload) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const event of events) {
      if (event.seq > saved) insert.run(live.id, event.seq, event.id, event.ts, event.type, event.payload);
    }
  }

  /** A few of the oldest at every commit: deleting never holds a commit up. */
  #expire(): void {
    const nowMs = this.#clock.wallMs();
    const old = this.#sql('SELECT id FROM sessions WHERE ended_at < ? ORDER BY ended_at LIMIT 8');
    for (const { id } of old.all(nowMs - this.#retention.resultMs)) {
      this.#sql('DELETE FROM events WHERE session = ?').run(id ?? '');
      this.#sql('DELETE FROM sessions WHERE id = ?').run(id ?? '');
    }
  }

  list({ tenant, state, after, limit }: SessionQuery, nowMs: number): readonly LiveSession[] {
    const place = after ?? { atMs: Number.MAX_SAFE_INTEGER, id: '' };
    return this.#sql(LIST_ENDED)
      .all(
        tenant,
        nowMs - this.#retention.resultMs,
        place.atMs,
        place.atMs,
        place.id,
        state ?? null,
        state ?? null,
        limit,
      )
      .map((row) => this.#reviveState(row, []));
  }

  find(id: string, nowMs: number): LiveSession | undefined {
    const row = this.#sql(
      'SELECT id, state, source, ended_at FROM sessions WHERE id = ? AND is_live = 0',
    ).get(id);
    if (row === undefined) return undefined;
    const ageMs = nowMs - Number(row['ended_at']);
    if (ageMs > this.#retention.resultMs) return undefined;
    const live = this.#revive(row);
    if (ageMs > this.#retention.eventsMs) live.events.length = 0;
    return live;
  }

  #revive(row: Readonly<Record<string, unknown>>): LiveSession {
    const events = this.#sql('SELECT seq, id, ts, type, payload FROM events WHERE session = ? ORDER BY seq')
      .all(String(row['id']))
      .map((event): StoredEvent => savedEvent.parse(event));
    return this.#reviveState(row, events);
  }

  #reviveState(row: Readonly<Record<string, unknown>>, events: StoredEvent[]): LiveSession {
    const state = savedState.parse(JSON.parse(String(row['state'])));
    const tools = new Map<number, ToolState>(state.tools);
    const { request } = state;
    const source = String(row['source']);
    return { ...state, source, request: () => request, events, tools, watchers: new Set() };
  }

  reserveKey(
    key: string,
    { sessionId, bodyHash }: KeyReservation,
    nowMs: number,
    ttlMs: number,
  ): KeyReservation | undefined {
    this.#sql('DELETE FROM idempotency WHERE until <= ?').run(nowMs);
    const made = this.#sql(
      'INSERT OR IGNORE INTO idempotency (key, session, body_hash, until) VALUES (?, ?, ?, ?)',
    );
    if (made.run(key, sessionId, bodyHash, nowMs + ttlMs).changes === 1) return undefined;
    const known = this.#sql('SELECT session, body_hash FROM idempotency WHERE key = ?').get(key);
    return { sessionId: String(known?.['session']), bodyHash: String(known?.['body_hash']) };
  }

  epoch(nowMs: number): number {
    const row = this.#sql(`INSERT INTO meta (name, value) VALUES ('epoch', ?)
      ON CONFLICT (name) DO UPDATE SET value = max(value + 1, excluded.value) RETURNING value`).get(
      Math.floor(nowMs / 1_000),
    );
    return Number(row?.['value']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#dirty.size > 0) this.#commit();
    if (this.#db.isOpen) this.#db.close();
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

const savedTool = z.object({
  status: z.enum(['run', 'ok', 'err', 'doubt']),
  hash: z.string(),
  effect: z.enum(['read', 'idempotent', 'once', 'external']),
  brokerId: z.string(),
  result: z.string(),
});
const savedState = z.object({
  id: z.string(),
  tenant: z.string(),
  route: z.string(),
  priority: z.enum(['high', 'normal', 'low']),
  labels: z.record(z.string(), z.string()),
  request: z.string(),
  createdAtMs: z.number(),
  deadlineMs: z.number(),
  state: z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']),
  epoch: z.number(),
  fence: z.string(),
  fenceCount: z.number(),
  entryId: z.string(),
  // Absent in files of version 0.1.
  claim: z.object({ id: z.string(), isTakeover: z.boolean() }).default({ id: '', isTakeover: false }),
  runtimeId: z.string(),
  brokerId: z.string(),
  attempts: z.number(),
  seq: z.number(),
  emitted: z.number(),
  isCancelled: z.boolean(),
  final: z.string(),
  tools: z.array(z.tuple([z.number(), savedTool])),
});
const savedEvent = z.object({
  id: z.string(),
  seq: z.number(),
  ts: z.number(),
  type: z.enum(['session_init', 'queued', 'started', 'log', 'tool_call', 'tool_result_applied', 'final']),
  payload: z.string(),
});

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
