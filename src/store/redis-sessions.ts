// The sessions themselves in Redis: each change is one Lua file, whose keys share the tag of the session.
import { PRIORITIES } from '../protocol/events.ts';
import { startedPayload } from './payloads.ts';
import { redisIndex } from './redis-index.ts';
import { GRACE_MS, type RedisLink } from './redis-link.ts';
import {
  oneOf,
  parseClaim,
  parseEnded,
  parsePage,
  parseRecord,
  parseToolBegin,
  RECORD_FIELDS,
  texts,
} from './redis-replies.ts';
import { redisResults } from './redis-results.ts';
import { redisSources } from './redis-sources.ts';
import { redisWhole } from './redis-whole.ts';
import {
  DIRECT_ENTRY,
  type DispatchEntry,
  LATE_SUBMIT_MS,
  type NewSession,
  type QueueOperations,
  type SessionOperations,
  type SessionRecord,
  type WholeWrites,
} from './store.ts';

/** Until the next heartbeat of the new owner says otherwise, ms. */
const ADOPTED_LEASE_MS = 15_000;
/** How long a reader may wait for others to ask along with it, ms: all streams of a broker that is gone are resumed at once. */
const READ_PATIENCE_MS = 4;
/** Where a claim tells of its event: behind what {@link parseClaim} reads. */
const CLAIM_TOLD = 8;

export function redisSessions(
  db: RedisLink,
  queues: QueueOperations,
): SessionOperations & Required<Omit<WholeWrites, 'writeOut'>> {
  const { codeOf, keepSource, readSource } = redisSources(db);
  const create = async (session: NewSession, runtimeId = '', brokerId = '', claimId = '') => {
    const { id, atMs, deadlineMs, watcher } = session;
    const [hash, events] = db.keys.session(id);
    const reply = await db.redis.script(
      'submit',
      [hash, events],
      [
        atMs,
        LATE_SUBMIT_MS,
        deadlineMs,
        Math.max(1, deadlineMs - atMs + GRACE_MS),
        db.epoch,
        session.init,
        watcher === undefined ? '' : db.keys.channel(watcher),
        session.tenant,
        session.route,
        session.priority,
        JSON.stringify(session.labels),
        session.request,
        codeOf(session),
        JSON.stringify(runtimeId),
        brokerId,
        runtimeId,
        claimId,
        db.ownChannel,
      ],
    );
    const [code = '', fence = '', told] = texts(reply);
    const started = { type: 'started', payload: startedPayload(runtimeId, 1) } as const;
    const init = { type: 'session_init', payload: session.init } as const;
    db.heard(id, told, runtimeId === '' ? [init] : [init, started]);
    return { code: oneOf(code, ['created', 'exists', 'late']), fence };
  };
  const results = redisResults(db);
  const find: SessionOperations['find'] = async (id) => {
    const [hash] = db.keys.session(id);
    const record = parseRecord(id, await db.redis.run(() => db.redis.client.hmget(hash, ...RECORD_FIELDS)));
    return record ?? (await results.find(id));
  };
  const index = redisIndex(db, find);
  const whole = redisWhole(db, { results, codeOf, keepSource, index });
  const read: SessionOperations['read'] = async (id, after, limit, watcher) => {
    const [hash, events] = db.keys.session(id);
    const bell = watcher === undefined ? '' : db.keys.channel(watcher);
    const args = [after.seq, after.epoch ?? '', limit, bell];
    const reply = await db.redis.script('read', [hash, events], args, { patienceMs: READ_PATIENCE_MS });
    const page = parsePage(id, reply);
    return page ?? (await whole.read(id, after, limit));
  };
  /** From now on its record lies with those of others; its own hash goes with its events. */
  const compact = async (record: SessionRecord) => {
    const { eventsMs, resultMs } = db.retention;
    const kept = eventsMs < resultMs ? results.keep(record) : undefined;
    if (kept === undefined) return;
    await kept;
    await db.redis.send('PEXPIRE', db.keys.session(record.id)[0], [eventsMs]);
  };
  return {
    list: index.list,
    epoch: () => Number(db.epoch),
    putRunning: whole.putRunning,
    putEnded: whole.putEnded,

    async submit(session) {
      const { id, route, priority, deadlineMs, atMs } = session;
      const { redis } = db;
      // In this order: what exists has been queued before. On one server all go out in one write;
      // on a Cluster they may reach several servers, so the last waits for the others.
      const prepared = Promise.all([
        keepSource(session),
        redis.gather((gatherer) => {
          gatherer.add('ZADD', db.keys.deadlines, [deadlineMs, id]);
          index.add(gatherer, session);
        }),
        redis.send('XADD', db.keys.queue(route, priority), ['*', 'id', id, 'at', atMs]),
      ]);
      if (redis.client.isCluster) await prepared;
      const created = create(session);
      const rung = redis.send('PUBLISH', db.keys.everyone, [`q:${route}`]);
      const [{ code }] = await Promise.all([created, prepared, rung]);
      return code;
    },

    async submitClaimed(session, { runtimeId, brokerId, leaseMs, claimId }) {
      const { id, route, priority, atMs } = session;
      const { redis } = db;
      // The lease goes first: what runs is always found again.
      const prepared = Promise.all([
        keepSource(session),
        redis.gather((gatherer) => {
          gatherer.add('ZADD', db.keys.deadlines, [db.nowMs() + leaseMs, id]);
          index.add(gatherer, session);
        }),
      ]);
      if (redis.client.isCluster) await prepared;
      const created = create(session, runtimeId, brokerId, claimId);
      const [{ code, fence }] = await Promise.all([created, prepared]);
      const entry = { entryId: DIRECT_ENTRY, id, route, priority, atMs };
      return code === 'created' ? { code, fence, entry } : { code };
    },

    async claim(request) {
      const [hash, events] = db.keys.session(request.id);
      const { entryId, runtimeId, brokerId, isTakeover, claimId } = request;
      const runtimeJson = JSON.stringify(runtimeId);
      const takeover = isTakeover ? 1 : 0;
      const reply = texts(
        await db.redis.script(
          'claim',
          [hash, events],
          [entryId, runtimeId, brokerId, db.epoch, takeover, runtimeJson, claimId, db.ownChannel],
        ),
      );
      const claimed = await parseClaim(reply, readSource);
      if (claimed.code === 'ok') {
        const payload = startedPayload(runtimeId, claimed.attempt);
        db.heard(request.id, reply[CLAIM_TOLD], [{ type: 'started', payload }]);
      }
      return claimed;
    },

    async adopt(id, fence, brokerId) {
      const [hash] = db.keys.session(id);
      const reply = texts(await db.redis.script('adopt', [hash], [fence, brokerId]));
      const [code, entryId = '', route = '', priority, created, cancelled, request = '{}'] = reply;
      if (code !== 'ok') return { code: 'stale' };
      const entry: DispatchEntry = {
        entryId,
        id,
        route,
        priority: oneOf(priority, PRIORITIES),
        atMs: Number(created),
      };
      await queues.renew([entry], ADOPTED_LEASE_MS);
      return { code: 'ok', entry, request, isCancelled: cancelled === '1' };
    },

    async append(id, fence, n, payload) {
      const [hash, events] = db.keys.session(id);
      const reply = await db.redis.script('append', [hash, events], [fence, n, payload, db.ownChannel]);
      const [code, told] = texts(reply);
      db.heard(id, told, [{ type: 'log', payload }]);
      return oneOf(code, ['ok', 'dup', 'stale']);
    },

    async toolBegin(call) {
      const { id, fence, callId, brokerId, effect, hash, event, goneBroker = '-' } = call;
      const args = [fence, callId, brokerId, effect, hash, event, goneBroker, GRACE_MS, db.ownChannel];
      const reply = texts(await db.redis.script('tool-begin', db.keys.session(id), args));
      const begun = parseToolBegin(reply);
      db.heard(id, begun.code === 'run' ? reply[1] : undefined, [{ type: 'tool_call', payload: event }]);
      return begun;
    },

    async toolDone(call) {
      const { id, fence, callId, brokerId, hash, event, ok, result, resultEvent } = call;
      const args = [fence, callId, brokerId, hash, event, ok ? 1 : 0, result, resultEvent, GRACE_MS];
      const [code, second = '', third = ''] = texts(
        await db.redis.script('tool-done', db.keys.session(id), [...args, db.ownChannel]),
      );
      const begun = { type: 'tool_call', payload: event } as const;
      const ended = { type: 'tool_result_applied', payload: resultEvent } as const;
      db.heard(id, code === 'ok' ? second : undefined, third === '1' ? [ended] : [begun, ended]);
      if (code === 'done') return { code, ok: second === '1', result: third };
      return { code: oneOf(code, ['ok', 'doubt', 'mismatch', 'stale']) };
    },

    async toolEnd(call) {
      const { callId, ok, result, event, isFromClient } = call;
      const args = [
        callId,
        ok ? 1 : 0,
        result,
        event,
        db.keys.channel(''),
        isFromClient === true ? 1 : 0,
        db.brokerId,
      ];
      const [code, told] = texts(await db.redis.script('tool-end', db.keys.session(call.id), args));
      db.heard(call.id, told, [{ type: 'tool_result_applied', payload: event }]);
      return oneOf(code, ['ok', 'already', 'missing']);
    },

    async finish({ id, fence, owner = '', state, final }) {
      const { eventsMs, resultMs } = db.retention;
      const args = [fence, state, final, eventsMs, resultMs, owner, db.ownChannel];
      const [code, told, ...fields] = texts(await db.redis.script('finish', db.keys.session(id), args));
      db.heard(id, told, [{ type: 'final', payload: final }]);
      // Beside, and no loss if it fails: then the session's own hash stays.
      if (code === 'ok') void compact(parseEnded(id, state, final, fields)).catch(() => {});
      return oneOf(code, ['ok', 'stale', 'already']);
    },

    async cancel(id, final) {
      const { eventsMs, resultMs } = db.retention;
      const args = [final, eventsMs, resultMs, db.keys.channel('')];
      const reply = await db.redis.script('cancel', db.keys.session(id), args);
      return oneOf(texts(reply)[0], ['cancelled', 'marked', 'done', 'missing']);
    },

    async release(id, fence, reason) {
      const [hash, events] = db.keys.session(id);
      const payload = JSON.stringify({ reason });
      const reply = texts(await db.redis.script('release', [hash, events], [fence, payload]));
      const [code, entryId = '', route = '', priority, deadline = ''] = reply;
      if (code !== 'ok') return 'stale';
      // A crash from here on leaves the old entry, or the lease, to the reaper, which finds a queued session.
      await db.redis.run(() => db.redis.client.call('ZADD', db.keys.deadlines, 'XX', deadline, id));
      await queues.putBack({ entryId, id, route, priority: oneOf(priority, PRIORITIES), atMs: 0 });
      return 'ok';
    },

    find,

    read,
  };
}
