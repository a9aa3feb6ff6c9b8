import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { parseSessionEvent } from '../../src/protocol/event-codec.ts';
import { eventJson, type SessionEvent, seqOfEventId } from '../../src/protocol/events.ts';
import { EMPTY_VIEW, reduceSession, type SessionView } from '../../src/protocol/session-reducer.ts';

const STATS = {
  durationMs: 1,
  queueMs: 0,
  cpuMs: 1,
  toolMs: 0,
  toolCallCount: 0,
  consoleBytes: 0,
  logsTruncated: false,
  resultBytes: 1,
  isolation: 'isolate',
  attempts: 1,
} as const;

const head = (seq: number) => ({ protocolVersion: 2, sessionId: 's_1', seq, ts: seq }) as const;

/** A session with `n` log lines: init, started, logs, final. */
function session(n: number): SessionEvent[] {
  return [
    {
      ...head(1),
      type: 'session_init',
      payload: { streamUrl: '/s', cancelUrl: '/c', expiresAt: 9, execution: 'at-most-once' },
    },
    { ...head(2), type: 'started', payload: { runtimeId: 'rt', attempt: 1 } },
    ...Array.from(
      { length: n },
      (_, i): SessionEvent => ({
        ...head(3 + i),
        type: 'log',
        payload: { level: 'log', message: `line ${i}` },
      }),
    ),
    { ...head(3 + n), type: 'final', payload: { ok: true, result: n, stats: STATS } },
  ];
}

function fold(events: readonly SessionEvent[], from: SessionView = EMPTY_VIEW): SessionView {
  return events.reduce((view, event) => {
    const reduction = reduceSession(view, event);
    return reduction.kind === 'applied' ? reduction.view : view;
  }, from);
}

describe('reduceSession()', () => {
  it('keeps the lines in order and ends with the result', () => {
    const view = fold(session(3));
    expect(view).toMatchObject({ lastSeq: 6, state: 'completed', final: { ok: true, result: 3 } });
    expect(view.logs.map((log) => log.text)).toEqual(['line 0', 'line 1', 'line 2']);
  });

  it('sees each event once, wherever the stream broke and from wherever it was resumed', () => {
    const cuts = fc.array(fc.record({ stop: fc.nat(12), overlap: fc.nat(12) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(8), cuts, (n, breaks) => {
        const events = session(n);
        let view = EMPTY_VIEW;
        for (const { stop, overlap } of breaks) {
          // A server may send again what was seen: it starts `overlap` events too early.
          const from = Math.max(0, view.lastSeq - overlap);
          view = fold(events.slice(from, Math.max(from, stop)), view);
        }
        view = fold(events.slice(view.lastSeq), view);
        expect(view).toEqual(fold(events));
      }),
    );
  });

  it('tells a gap and stays where it was', () => {
    const [first, , third] = session(1);
    const view = fold(first === undefined ? [] : [first]);
    expect(third === undefined ? undefined : reduceSession(view, third)).toEqual({
      kind: 'gap',
      expectedSeq: 2,
    });
  });

  it('never counts what is sent of another session, or what is not stored', () => {
    const view = fold(session(2));
    expect(
      reduceSession(view, { ...head(99), sessionId: 's_2', type: 'queued', payload: { reason: '' } }),
    ).toEqual({
      kind: 'ignored',
    });
    expect(reduceSession(view, { ...head(6), type: 'heartbeat', payload: {} })).toEqual({ kind: 'ignored' });
  });

  it('goes on after lost history, and takes the final of the snapshot', () => {
    const lost = { ...head(9), type: 'history_lost' } as const;
    const running = fold([{ ...lost, payload: { firstAvailable: 5, state: 'running' } }]);
    expect(running).toMatchObject({ lastSeq: 4, historyLost: true, state: 'running' });
    const final = { ok: true, result: 1, stats: STATS } as const;
    const ended = fold([{ ...lost, payload: { firstAvailable: 10, state: 'completed', final } }]);
    expect(ended).toMatchObject({ lastSeq: 9, state: 'completed', final });
  });
});

describe('parseSessionEvent()', () => {
  it('gives back every event that a broker writes', () => {
    for (const event of session(2)) {
      const json = eventJson(event.sessionId, { ...event, payload: JSON.stringify(event.payload) });
      expect(parseSessionEvent(json)).toEqual(event);
    }
  });

  it('skips a type of a later protocol', () => {
    expect(
      parseSessionEvent(eventJson('s_1', { seq: 1, ts: 1, type: 'hologram', payload: '{}' })),
    ).toBeUndefined();
  });

  it('throws nothing but an EnclaveError', () => {
    const bent = fc
      .tuple(fc.constantFrom(...session(1)), fc.constantFrom('type', 'seq', 'payload', 'ts'), fc.jsonValue())
      .map(([event, name, value]) => JSON.stringify({ ...event, [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), bent), (text) => {
        try {
          parseSessionEvent(text);
        } catch (error) {
          expect(error).toBeInstanceOf(EnclaveError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('seqOfEventId()', () => {
  it('reads what stores write, and nothing else', () => {
    expect(seqOfEventId('1763596800-17')).toBe(17);
    for (const id of ['', '17', '-17', '1-', '1-2-3', 'a-1', '1-99999999999999999']) {
      expect(seqOfEventId(id)).toBeUndefined();
    }
  });
});
