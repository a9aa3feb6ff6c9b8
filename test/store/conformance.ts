// What every store must do. The same suite runs over memory, SQLite and Redis.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSessionId } from '../../src/store/session-id.ts';
import {
  type Bell,
  DIRECT_ENTRY,
  type NewSession,
  type SessionPlace,
  type SessionRecord,
  type Store,
  type ToolBegin,
} from '../../src/store/store.ts';

const QUOTA = { high: 8, normal: 3, low: 1 } as const;
const FINAL = '{"ok":true,"result":1}';

export function newSession(store: Store, over: Partial<NewSession> = {}): NewSession {
  return {
    id: createSessionId(store.nowMs()),
    tenant: 'acme',
    route: 'any',
    priority: 'normal',
    labels: { region: 'eu' },
    source: 'return 1',
    request: '{"args":{}}',
    atMs: store.nowMs(),
    deadlineMs: store.nowMs() + 60_000,
    init: '{"hello":1}',
    ...over,
  };
}

export function conformance(name: string, open: (retentionMs: number) => Promise<Store>): void {
  describe(`the ${name} store`, () => {
    let store: Store;
    let bells: Bell[];
    const heard = (kind: Bell['kind'], id: string) =>
      bells.some((bell) => bell.kind === kind && 'id' in bell && bell.id === id);

    beforeEach(async () => {
      store = await open(60_000);
      bells = [];
      await store.open('b1', (bell) => bells.push(bell));
    });
    afterEach(async () => {
      await store[Symbol.asyncDispose]();
    });

    const takeOne = async (route = 'any') => {
      const [entry] = await store.take(route, QUOTA, 1);
      if (entry === undefined) throw new Error('expected an entry');
      return entry;
    };
    const started = async (over: Partial<NewSession> = {}, claimId: string = randomUUID()) => {
      const session = newSession(store, over);
      expect(await store.submit(session)).toBe('created');
      const entry = await takeOne(session.route);
      const claim = await claimed(session.id, entry.entryId, false, claimId);
      if (claim.code !== 'ok') throw new Error(`expected a claim, got ${claim.code}`);
      return { id: session.id, entry, fence: claim.fence, claim };
    };
    const claimed = (id: string, entryId: string, isTakeover = false, claimId: string = randomUUID()) =>
      store.claim({ id, entryId, runtimeId: 'rt "1"', brokerId: 'b1', isTakeover, claimId });
    /** The entry by which a session without a queue entry is found when its owner is silent. */
    const lapsed = async (route: string, id: string, idleMs: number) => {
      if ((await store.overdue(100, 1)).includes(id)) return DIRECT_ENTRY;
      return (await store.reap(route, idleMs, 9)).find((entry) => entry.id === id)?.entryId;
    };
    const types = async (id: string) =>
      (await store.read(id, { seq: 0 }, 100))?.events.map(({ seq, type }) => `${seq} ${type}`);
    const call = (id: string, fence: string, over: Partial<ToolBegin> = {}): ToolBegin => ({
      id,
      fence,
      callId: 1,
      brokerId: 'b1',
      effect: 'once',
      hash: 'h1',
      event: '{"callId":1}',
      ...over,
    });

    it('creates a session once, with its first event', async () => {
      const session = newSession(store);
      expect(await store.submit(session)).toBe('created');
      expect(await store.submit(session)).toBe('exists');
      expect(await store.find(session.id)).toMatchObject({
        id: session.id,
        tenant: 'acme',
        state: 'queued',
        route: 'any',
        priority: 'normal',
        labels: { region: 'eu' },
        deadlineMs: session.deadlineMs,
        attempts: 0,
        lastSeq: 1,
        isCancelled: false,
      });
      expect(await types(session.id)).toEqual(['1 session_init']);
    });

    it('refuses a submit that comes late', async () => {
      const session = newSession(store, { atMs: store.nowMs() - 6_000 });
      expect(await store.submit(session)).toBe('late');
      expect(await store.find(session.id)).toBeUndefined();
    });

    it('gives back what the claimer needs, under a fence', async () => {
      const { id, claim } = await started({ source: 'return "ü"', request: '{"args":[1]}' });
      expect(claim).toMatchObject({
        attempt: 1,
        tenant: 'acme',
        source: 'return "ü"',
        request: '{"args":[1]}',
      });
      expect(await store.find(id)).toMatchObject({ state: 'running', runtimeId: 'rt "1"', brokerId: 'b1' });
      const page = await store.read(id, { seq: 1 }, 10);
      expect(page?.events.map(({ payload }) => JSON.parse(payload))).toEqual([
        { runtimeId: 'rt "1"', attempt: 1 },
      ]);
    });

    it('lets one entry of a session through, however many there are', async () => {
      const session = newSession(store);
      await store.submit(session);
      // A client that repeats its submit queues the session again.
      await store.submit({ ...session });
      const { entryId } = await takeOne();
      expect(await claimed(session.id, entryId)).toMatchObject({ code: 'ok' });
      expect(await claimed(session.id, 'other')).toEqual({ code: 'busy' });
      expect(await claimed(session.id, entryId)).toEqual({ code: 'busy' });
      expect(await claimed('s_none', 'other')).toEqual({ code: 'missing' });
    });

    it('answers a claim that is asked again as it did before, and changes nothing', async () => {
      const session = newSession(store, { route: 'r=again' });
      await store.submit(session);
      const { entryId } = await takeOne('r=again');
      const first = await claimed(session.id, entryId, false, 'c1');
      expect(first).toMatchObject({ code: 'ok', attempt: 1, source: session.source });
      expect(await claimed(session.id, entryId, false, 'c1')).toEqual(first);
      expect(await types(session.id)).toEqual(['1 session_init', '2 started']);
      await store.reap('r=again', 0, 9);
      const lost = await claimed(session.id, entryId, true, 'c2');
      expect(lost).toMatchObject({ code: 'lost', attempt: 1 });
      expect(lost).not.toMatchObject({ fence: first.code === 'ok' && first.fence });
      expect(await claimed(session.id, entryId, true, 'c2')).toEqual(lost);
    });

    it('takes a release that is asked again, and no claim that comes late after it', async () => {
      const { id, fence, entry } = await started({ route: 'r=late' }, 'c1');
      expect(await store.release(id, fence, 'full')).toBe('ok');
      expect(await store.release(id, fence, 'full')).toBe('ok');
      expect(await types(id)).toEqual(['1 session_init', '2 started', '3 queued']);
      expect(await claimed(id, entry.entryId, false, 'c1')).toEqual({ code: 'busy' });
      const again = await takeOne('r=late');
      expect(await claimed(id, again.entryId)).toMatchObject({ code: 'ok', attempt: 1 });
      expect(await store.release(id, fence, 'full')).toBe('stale');
    });

    it('takes by priority within the quotas, then what is left', async () => {
      const submit = (priority: NewSession['priority'], n: number) =>
        Promise.all(
          Array.from({ length: n }, async () => {
            await store.submit(newSession(store, { priority, route: 'tier=a' }));
          }),
        );
      await submit('low', 3);
      await submit('normal', 3);
      await submit('high', 3);
      expect(await store.depth('tier=a')).toBe(9);
      const first = await store.take('tier=a', { high: 2, normal: 1, low: 1 }, 4);
      expect(first.map((entry) => entry.priority).sort()).toEqual(['high', 'high', 'low', 'normal']);
      const second = await store.take('tier=a', { high: 1, normal: 0, low: 0 }, 3);
      expect(second.map((entry) => entry.priority)).toEqual(['high', 'normal', 'normal']);
      expect(await store.depth('tier=a')).toBe(2);
      expect(await store.take('tier=b', QUOTA, 9)).toEqual([]);
    });

    it('numbers events densely and keeps each line once', async () => {
      const { id, fence } = await started();
      expect(await store.append(id, fence, 1, '{"n":1}')).toBe('ok');
      expect(await store.append(id, fence, 1, '{"n":1}')).toBe('dup');
      expect(await store.append(id, fence, 2, '{"n":2}')).toBe('ok');
      expect(await store.append(id, 'other', 3, '{"n":3}')).toBe('stale');
      expect(await types(id)).toEqual(['1 session_init', '2 started', '3 log', '4 log']);
    });

    it('ends a session once, with the final event last', async () => {
      const { id, fence } = await started();
      expect(await store.finish({ id, fence: 'other', state: 'completed', final: FINAL })).toBe('stale');
      expect(await store.finish({ id, fence, state: 'completed', final: FINAL })).toBe('ok');
      expect(await store.finish({ id, fence, state: 'failed', final: '{}' })).toBe('already');
      expect(await store.append(id, fence, 1, '{}')).toBe('stale');
      expect(await store.toolBegin(call(id, fence))).toEqual({ code: 'stale' });
      expect(await store.find(id)).toMatchObject({ state: 'completed', final: FINAL, lastSeq: 3 });
      expect(await types(id)).toEqual(['1 session_init', '2 started', '3 final']);
      expect(await claimed(id, 'x')).toEqual({ code: 'done' });
    });

    it('ends a queued session only without a fence, a running one only with it', async () => {
      const session = newSession(store);
      await store.submit(session);
      expect(await store.finish({ id: session.id, fence: 'x', state: 'failed', final: '{}' })).toBe('stale');
      expect(await store.finish({ id: session.id, fence: '', state: 'failed', final: '{}' })).toBe('ok');
      const { id } = await started({ route: 'r=2' });
      expect(await store.finish({ id, fence: '', state: 'failed', final: '{}' })).toBe('stale');
    });

    it('cancels a queued session at once, and marks a running one for its owner', async () => {
      const session = newSession(store, { route: 'r=c' });
      await store.submit(session);
      expect(await store.cancel(session.id, '{"ok":false}')).toBe('cancelled');
      expect(await store.cancel(session.id, '{"ok":false}')).toBe('done');
      expect(await store.find(session.id)).toMatchObject({ state: 'cancelled', final: '{"ok":false}' });
      const { id } = await started();
      expect(await store.cancel(id, '{}')).toBe('marked');
      expect(await store.find(id)).toMatchObject({ state: 'running', isCancelled: true });
      await expect.poll(() => heard('cancel', id)).toBe(true);
      expect(await store.cancel('s_none', '{}')).toBe('missing');
    });

    it('journals a tool call: begun once, answered once, replayed after', async () => {
      const { id, fence } = await started();
      expect(await store.toolBegin(call(id, fence))).toEqual({ code: 'run' });
      expect(await store.toolBegin(call(id, fence))).toEqual({ code: 'wait', brokerId: 'b1' });
      expect(await store.toolBegin(call(id, fence, { hash: 'h2' }))).toEqual({ code: 'mismatch' });
      const end = { id, callId: 1, ok: true, result: '{"a|b":"\\n"}', event: '{"ok":true}' };
      expect(await store.toolEnd(end)).toBe('ok');
      expect(await store.toolEnd({ ...end, result: '2' })).toBe('already');
      expect(await store.toolEnd({ ...end, callId: 9 })).toBe('missing');
      expect(await store.toolBegin(call(id, fence))).toEqual({ code: 'done', ok: true, result: end.result });
      expect(await types(id)).toEqual([
        '1 session_init',
        '2 started',
        '3 tool_call',
        '4 tool_result_applied',
      ]);
    });

    it('journals a call that only reads together with its answer, once, and only under the fence', async () => {
      const { id, fence } = await started();
      const { effect: _effect, ...read } = call(id, fence);
      const done = { ...read, ok: true, result: '[1]', resultEvent: '{"callId":1,"ok":true}' };
      expect(await store.toolDone({ ...done, fence: '0-9' })).toEqual({ code: 'stale' });
      expect(await store.toolDone(done)).toEqual({ code: 'ok' });
      // The first answer stays, whoever comes again, and whichever way.
      const first = { code: 'done', ok: true, result: '[1]' };
      expect(await store.toolDone({ ...done, result: '[2]' })).toEqual(first);
      expect(await store.toolBegin(call(id, fence))).toEqual(first);
      expect(await store.toolDone({ ...done, hash: 'h2' })).toEqual({ code: 'mismatch' });
      // One that was begun, here or elsewhere, is answered by whoever is first; its first event is there already.
      await store.toolBegin(call(id, fence, { callId: 2, effect: 'read', brokerId: 'b2' }));
      expect(await store.toolDone({ ...done, callId: 2, ok: false })).toEqual({ code: 'ok' });
      expect(await store.toolBegin(call(id, fence, { callId: 2 }))).toEqual({ ...first, ok: false });
      expect((await types(id))?.slice(2)).toEqual([
        '3 tool_call',
        '4 tool_result_applied',
        '5 tool_call',
        '6 tool_result_applied',
      ]);
    });

    it('tells whoever watches of a call and its answer', async () => {
      const { id, fence } = await started({ watcher: 'b1' });
      bells.length = 0;
      const { effect: _effect, ...read } = call(id, fence);
      await store.toolDone({ ...read, ok: true, result: '1', resultEvent: '{"callId":1,"ok":true}' });
      await expect.poll(() => heard('session', id)).toBe(true);
      expect((await types(id))?.slice(2)).toEqual(['3 tool_call', '4 tool_result_applied']);
    });

    it('takes the answer of a client to external calls only, once, and only while the session runs', async () => {
      const { id, fence } = await started();
      const answer = { id, callId: 1, ok: true, result: '"yes"', event: '{"ok":true}', isFromClient: true };
      expect(await store.toolEnd(answer)).toBe('missing');
      await store.toolBegin(call(id, fence, { effect: 'read' }));
      expect(await store.toolEnd(answer)).toBe('missing');
      await store.toolBegin(call(id, fence, { callId: 2, effect: 'external' }));
      const second = { ...answer, callId: 2 };
      expect(await store.toolEnd(second)).toBe('ok');
      await expect.poll(() => heard('tool', id)).toBe(true);
      expect(await store.toolEnd({ ...second, result: '"no"' })).toBe('already');
      expect(await store.toolBegin(call(id, fence, { callId: 2, effect: 'external' }))).toEqual({
        code: 'done',
        ok: true,
        result: '"yes"',
      });
      await store.toolBegin(call(id, fence, { callId: 3, effect: 'external' }));
      // Whichever broker owns the session waits for it: the one that began it need not be there.
      const taken = { callId: 3, effect: 'external', brokerId: 'b2', goneBroker: 'b1' } as const;
      expect(await store.toolBegin(call(id, fence, taken))).toEqual({ code: 'run' });
      await store.finish({ id, fence, state: 'failed', final: '{}' });
      expect(await store.toolEnd({ ...answer, callId: 3 })).toBe('already');
    });

    it('creates a session that runs at once, and tells when nobody renews it', async () => {
      const session = newSession(store, { route: 'r=direct', watcher: 'b1' });
      const holder = { runtimeId: 'r1', brokerId: 'b1', leaseMs: 60_000, claimId: 'c1' };
      const made = await store.submitClaimed(session, holder);
      if (made.code !== 'created') throw new Error(made.code);
      expect(await store.submitClaimed(session, { ...holder, claimId: 'c2' })).toEqual({ code: 'exists' });
      // Asked again by the same, since the answer was lost.
      expect(await store.submitClaimed(session, holder)).toMatchObject({
        code: 'created',
        fence: made.fence,
      });
      expect(await types(session.id)).toEqual(['1 session_init', '2 started']);
      expect(await store.find(session.id)).toMatchObject({ state: 'running', attempts: 1, runtimeId: 'r1' });
      expect(await store.take('r=direct', { high: 9, normal: 9, low: 9 }, 9)).toEqual([]);
      const { entry, fence } = made;
      await store.renew([entry], 60_000);
      expect(await lapsed('r=direct', session.id, 60_000)).toBeUndefined();
      await store.renew([entry], -1_000);
      const found = await lapsed('r=direct', session.id, 0);
      expect(await claimed(session.id, found ?? '', true)).toMatchObject({ code: 'lost', attempt: 1 });
      expect(await store.append(session.id, fence, 1, '{}')).toBe('stale');
      const late = newSession(store, { atMs: store.nowMs() - 6_000 });
      expect(await store.submitClaimed(late, holder)).toEqual({ code: 'late' });
    });

    it('queues a session that was handed out at once and not taken', async () => {
      const session = newSession(store, { route: 'r=direct2' });
      const holder = { runtimeId: 'r1', brokerId: 'b1', leaseMs: 60_000, claimId: 'c1' };
      const made = await store.submitClaimed(session, holder);
      if (made.code !== 'created') throw new Error(made.code);
      expect(await store.release(session.id, made.fence, 'full')).toBe('ok');
      expect(await store.submitClaimed(session, holder)).toEqual({ code: 'exists' });
      const entry = await takeOne('r=direct2');
      expect(await claimed(session.id, entry.entryId)).toMatchObject({ code: 'ok', source: session.source });
    });

    it('puts an entry back for whoever has room, and has one of it', async () => {
      const session = newSession(store, { route: 'r=putback', priority: 'high' });
      await store.submit(session);
      const entry = await takeOne('r=putback');
      expect(await store.depth('r=putback')).toBe(0);
      await store.putBack(entry);
      expect(await store.depth('r=putback')).toBe(1);
      expect(await store.reap('r=putback', 0, 9)).toEqual([]);
      expect(await takeOne('r=putback')).toMatchObject({ id: session.id, priority: 'high' });
      await store.sweep('r=putback');
    });

    it('tells of an overdue session to one broker at a time', async () => {
      const session = newSession(store, { deadlineMs: store.nowMs() - 1_000 });
      await store.submit(session);
      expect(await store.overdue(100, 60_000)).toContain(session.id);
      if (store.kind === 'redis') expect(await store.overdue(100, 60_000)).not.toContain(session.id);
      await store.finish({ id: session.id, fence: '', state: 'failed', final: '{}' });
      await store.dropDeadline(session.id);
    });

    it('gives a tenant its burst, then no more than its rate', async () => {
      const tenant = randomUUID();
      const slow = () => store.takeToken(tenant, 0.001, 3);
      expect(await slow()).toMatchObject({ isTaken: true, remaining: 2 });
      expect((await slow()).isTaken).toBe(true);
      expect((await slow()).isTaken).toBe(true);
      const refused = await slow();
      expect(refused).toMatchObject({ isTaken: false, remaining: 0 });
      // One token at 0.001 per second takes 1,000 s, less what has passed since.
      expect(refused.waitMs).toBeGreaterThan(900_000);
      expect(refused.waitMs).toBeLessThanOrEqual(1_000_000);
      expect((await store.takeToken(randomUUID(), 1, 1)).isTaken).toBe(true);
      await expect.poll(async () => (await store.takeToken(tenant, 1_000, 3)).isTaken).toBe(true);
    });

    it('gives a role to one broker at a time', async () => {
      const role = randomUUID();
      expect(await store.lead(role, 'b1', 60_000)).toBe(true);
      expect(await store.lead(role, 'b2', 60_000)).toBe(false);
      expect(await store.lead(role, 'b1', 60_000)).toBe(true);
      expect(await store.lead(role, 'b2', 0)).toBe(false);
      expect(await store.lead(role, 'b1', 0)).toBe(false);
      expect(await store.lead(role, 'b2', 20)).toBe(true);
      await expect.poll(() => store.lead(role, 'b1', 60_000)).toBe(true);
    });

    it('keeps results until their time is over', async () => {
      const key = randomUUID();
      expect(await store.cacheGet(key)).toBeUndefined();
      await store.cachePut(key, '{"a":1}', 60_000);
      expect(await store.cacheGet(key)).toBe('{"a":1}');
      await store.cachePut(key, '2', 20);
      await expect.poll(() => store.cacheGet(key)).toBeUndefined();
    });

    it('repeats a call of a lost broker by its effect, and never one that may happen once only', async () => {
      const { id, fence } = await started();
      const taken = { brokerId: 'b2', goneBroker: 'b1' };
      await store.toolBegin(call(id, fence, { effect: 'once' }));
      expect(await store.toolBegin(call(id, fence, taken))).toEqual({ code: 'doubt' });
      expect(await store.toolBegin(call(id, fence, taken))).toEqual({ code: 'doubt' });
      expect(await store.toolEnd({ id, callId: 1, ok: true, result: '1', event: '{}' })).toBe('already');
      await store.toolBegin(call(id, fence, { callId: 2, effect: 'read' }));
      expect(await store.toolBegin(call(id, fence, { callId: 2, effect: 'read', ...taken }))).toEqual({
        code: 'run',
      });
      expect(await store.toolBegin(call(id, fence, { callId: 2, effect: 'read' }))).toEqual({
        code: 'wait',
        brokerId: 'b2',
      });
    });

    it('keeps the answer of a call whose session has moved on, without an event after the final', async () => {
      const { id, fence } = await started();
      await store.toolBegin(call(id, fence));
      await store.finish({ id, fence, state: 'failed', final: '{}' });
      await store.toolEnd({ id, callId: 1, ok: true, result: '1', event: '{}' });
      expect((await types(id))?.at(-1)).toBe('4 final');
    });

    it('lets a runtime move to another broker with its fence', async () => {
      const { id, fence, entry } = await started();
      expect(await store.adopt(id, 'other', 'b2')).toEqual({ code: 'stale' });
      const adopted = await store.adopt(id, fence, 'b2');
      expect(adopted).toMatchObject({
        code: 'ok',
        request: '{"args":{}}',
        isCancelled: false,
        entry: { entryId: entry.entryId, id },
      });
      expect(await store.find(id)).toMatchObject({ brokerId: 'b2' });
      expect(await store.append(id, fence, 1, '{}')).toBe('ok');
      // The broker that it left cannot end it as lost.
      const end = { id, fence, state: 'failed', final: '{}' } as const;
      expect(await store.finish({ ...end, owner: 'b1' })).toBe('stale');
      expect(await store.finish({ ...end, owner: 'b2' })).toBe('ok');
    });

    it('hands an entry that nobody renews to another, whose fence voids the old one', async () => {
      const { id, fence, entry } = await started({ route: 'r=reap' });
      await store.renew([entry], 60_000);
      expect(await store.reap('r=reap', 60_000, 10)).toEqual([]);
      const [reaped] = await store.reap('r=reap', 0, 10);
      expect(reaped).toMatchObject({ id, entryId: entry.entryId, route: 'r=reap', priority: 'normal' });
      const lost = await claimed(id, entry.entryId, true);
      expect(lost).toMatchObject({ code: 'lost', attempt: 1, tenant: 'acme' });
      expect(await store.append(id, fence, 1, '{}')).toBe('stale');
      expect(await store.finish({ id, fence, state: 'completed', final: FINAL })).toBe('stale');
      expect(await store.toolBegin(call(id, fence))).toEqual({ code: 'stale' });
      if (lost.code !== 'lost') throw new Error('expected lost');
      expect(await store.finish({ id, fence: lost.fence, state: 'failed', final: '{}' })).toBe('ok');
    });

    it('never reaps what is settled', async () => {
      const { entry } = await started({ route: 'r=settled' });
      await store.settle(entry);
      expect(await store.reap('r=settled', 0, 10)).toEqual([]);
      await store.renew([entry], 60_000);
    });

    it('puts back what a runtime refused, as if it had never been handed out', async () => {
      const { id, fence } = await started({ route: 'r=back' });
      expect(await store.release(id, 'other', 'full')).toBe('stale');
      expect(await store.release(id, fence, 'full')).toBe('ok');
      expect(await store.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
      expect(await store.append(id, fence, 1, '{}')).toBe('stale');
      const again = await takeOne('r=back');
      expect(again.id).toBe(id);
      const claim = await claimed(id, again.entryId);
      expect(claim).toMatchObject({ code: 'ok', attempt: 1 });
      expect(claim).not.toMatchObject({ fence });
    });

    it('pages through events from any number, and tells when the cursor is not there', async () => {
      const { id, fence } = await started();
      for (let n = 1; n <= 5; n++) await store.append(id, fence, n, `{"n":${n}}`);
      const page = await store.read(id, { seq: 3 }, 2);
      expect(page?.events.map((event) => event.seq)).toEqual([4, 5]);
      expect(page).toMatchObject({ isLost: false, record: { lastSeq: 7 } });
      const [epoch = ''] = page?.events[0]?.id.split('-') ?? [];
      expect((await store.read(id, { seq: 5, epoch }, 10))?.events.map((event) => event.seq)).toEqual([6, 7]);
      expect((await store.read(id, { seq: 7, epoch }, 10))?.isLost).toBe(false);
      expect((await store.read(id, { seq: 8 }, 10))?.isLost).toBe(true);
      expect((await store.read(id, { seq: 5, epoch: '1' }, 10))?.isLost).toBe(true);
      expect(await store.read('s_none', { seq: 0 }, 10)).toBeUndefined();
    });

    it('rings the brokers that watch, from the moment they read', async () => {
      const session = newSession(store, { watcher: 'b1' });
      await store.submit(session);
      await expect.poll(() => heard('session', session.id)).toBe(true);
      const { id, fence } = await started({ route: 'r=bell' });
      expect(heard('session', id)).toBe(false);
      await store.read(id, { seq: 0 }, 10, 'b1');
      await store.append(id, fence, 1, '{}');
      await expect.poll(() => heard('session', id)).toBe(true);
      const routeRang = () => bells.some((bell) => bell.kind === 'route' && bell.route === 'r=bell');
      await expect.poll(routeRang).toBe(true);
    });

    it('knows which sessions are overdue', async () => {
      const session = newSession(store, { deadlineMs: store.nowMs() - 1_000 });
      await store.submit(session);
      expect(await store.overdue(100, 1)).toContain(session.id);
      await store.finish({ id: session.id, fence: '', state: 'failed', final: '{}' });
      await store.dropDeadline(session.id);
      expect(await store.overdue(100, 1)).not.toContain(session.id);
    });

    it('gives no more places than there are, and frees those that have run out', async () => {
      const scope = `t:${randomUUID()}`;
      const until = store.nowMs() + 60_000;
      expect(await store.acquireSlot(scope, 'a', 2, until)).toBe(true);
      expect(await store.acquireSlot(scope, 'b', 2, store.nowMs() - 1_000)).toBe(true);
      expect(await store.acquireSlot(scope, 'a', 2, until)).toBe(true);
      expect(await store.acquireSlot(scope, 'c', 2, until)).toBe(true);
      expect(await store.acquireSlot(scope, 'd', 2, until)).toBe(false);
      await store.releaseSlot(scope, 'a');
      expect(await store.acquireSlot(scope, 'd', 2, until)).toBe(true);
    });

    it('reserves an idempotency key for the first who asks', async () => {
      const key = randomUUID();
      const first = { sessionId: 's_1', bodyHash: 'h' };
      expect(await store.reserveKey('acme', key, first, 60_000)).toBeUndefined();
      expect(await store.reserveKey('acme', key, { sessionId: 's_2', bodyHash: 'h' }, 60_000)).toEqual(first);
      expect(await store.reserveKey('other', key, first, 60_000)).toBeUndefined();
    });

    it('knows the brokers that are alive, and their runtimes', async () => {
      const runtimes = [{ runtimeId: 'r1', labels: { tier: 'a' }, slots: 4, busy: 1 }];
      await store.beat({ brokerId: 'b1', runtimes }, 60_000);
      await store.beat({ brokerId: 'b0', runtimes: [] }, 1);
      await expect.poll(() => store.fleet()).toEqual([{ brokerId: 'b1', runtimes }]);
    });

    it('counts what waits by priority', async () => {
      const route = 'r=depths';
      await store.submit(newSession(store, { route, priority: 'high' }));
      await store.submit(newSession(store, { route, priority: 'low' }));
      await store.submit(newSession(store, { route, priority: 'low' }));
      expect(await store.depths(route)).toEqual({ high: 1, normal: 0, low: 2 });
      await store.take(route, QUOTA, 1);
      expect(await store.depths(route)).toEqual({ high: 0, normal: 0, low: 2 });
    });

    it.each([
      ['of different times', [50, 40, 30, 20, 10], 'one after the other'],
      ['of different times', [50, 40, 30, 20, 10], 'at once'],
      ['of one millisecond', [9, 9, 9, 9, 9], 'at once'],
    ])(
      'lists the sessions of one tenant page by page, newest first, each once: %s %j, written %s',
      async (_name, ages, how) => {
        const tenant = `list-${randomUUID()}`;
        const nowMs = store.nowMs();
        const sessions = ages.map((ageMs) => newSession(store, { tenant, atMs: nowMs - ageMs }));
        if (how === 'at once') await Promise.all(sessions.map((session) => store.submit(session)));
        else for (const session of sessions) await store.submit(session);
        await store.submit(newSession(store));
        const [oldest] = sessions;
        await store.finish({ id: oldest?.id ?? '', fence: '', state: 'failed', final: FINAL });
        const listed: SessionRecord[] = [];
        let next: SessionPlace | undefined;
        do {
          const after: SessionPlace | undefined = next;
          const found = await store.list({ tenant, limit: 2, ...(after === undefined ? {} : { after }) });
          listed.push(...found.sessions);
          next = found.next;
        } while (next !== undefined);
        expect(listed.map(({ id }) => id).sort()).toEqual(sessions.map(({ id }) => id).sort());
        const times = listed.map(({ createdAtMs }) => createdAtMs);
        // What is written at once has the time of the server that each comes to.
        if (how !== 'at once') expect(times).toEqual(times.toSorted((a, b) => b - a));
        const failed = await store.list({ tenant, state: 'failed', limit: 10 });
        expect(failed.sessions).toMatchObject([{ id: oldest?.id, state: 'failed', tenant }]);
        expect((await store.list({ tenant, state: 'queued', limit: 10 })).sessions).toHaveLength(4);
        expect(await store.list({ tenant: 'nobody', limit: 10 })).toEqual({ sessions: [] });
      },
    );

    it('forgets events and results when their time is over', async () => {
      await using brief = await open(30);
      await brief.open('b1', () => {});
      const session = newSession(brief);
      await brief.submit(session);
      await brief.finish({ id: session.id, fence: '', state: 'failed', final: '{}' });
      await expect.poll(async () => (await brief.read(session.id, { seq: 0 }, 9))?.isLost).toBe(true);
      expect(await brief.find(session.id)).toMatchObject({ state: 'failed', final: '{}', lastSeq: 2 });
    });
  });
}
