import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/protocol/events.ts';
import { packEvents, unpackEvents } from '../../src/store/packed-events.ts';
import { initPayload, startedPayload } from '../../src/store/payloads.ts';

const record = {
  id: 's_017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  createdAtMs: 1_645_557_742_000,
  deadlineMs: 1_645_558_042_000,
  final: '{"ok":true,"result":2}',
};
const event = (seq: number, type: StoredEvent['type'], payload: string, over: Partial<StoredEvent> = {}) => ({
  ...{ id: `7-${seq}`, seq, ts: record.createdAtMs + seq, type, payload },
  ...over,
});

describe('packEvents()', () => {
  it('comes back whole, whatever was said, by whom, and over how many lives of the store', () => {
    const payload = fc.oneof(
      fc.json(),
      // A runtime that escaped its sandbox may send any text.
      fc.string({ unit: 'binary' }),
      fc.constantFrom(record.final, initPayload(record.id, record.deadlineMs), '\u0001', '\u0003', ''),
    );
    const told = fc.record({
      epoch: fc.nat(3),
      skipped: fc.nat(2),
      laterMs: fc.integer({ min: -5, max: 100_000 }),
      type: fc.constantFrom('session_init', 'started', 'log', 'tool_call', 'final'),
      payload,
    });
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 20 }), (all) => {
        let seq = 0;
        let ts = record.createdAtMs;
        const events = all.map(({ epoch, skipped, laterMs, type, payload: text }) => {
          seq += 1 + skipped;
          ts += laterMs;
          return { id: `${epoch}-${seq}`, seq, ts, type, payload: text };
        });
        expect(unpackEvents(record, packEvents(record, events))).toEqual(events);
      }),
    );
  });

  it('says nothing that its record says', () => {
    const events = [
      event(1, 'session_init', initPayload(record.id, record.deadlineMs)),
      event(2, 'started', startedPayload('r_1', 1)),
      event(3, 'final', record.final),
    ];
    const text = packEvents(record, events);
    expect(text).not.toContain(record.id);
    expect(text).not.toContain(record.final);
    expect(text.length).toBeLessThan(90);
  });
});
