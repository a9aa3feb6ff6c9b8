import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packRecord, unpackRecord } from '../../src/store/packed-record.ts';
import type { SessionRecord } from '../../src/store/store.ts';

const record = (over: Partial<SessionRecord> = {}): SessionRecord => ({
  id: 's_1',
  tenant: 'acme',
  state: 'completed',
  route: 'any',
  priority: 'normal',
  labels: {},
  createdAtMs: 1_764_526_000_123,
  deadlineMs: 1_764_526_300_123,
  attempts: 1,
  lastSeq: 3,
  isCancelled: false,
  final: '{"ok":true,"result":2}',
  ...over,
});

describe('packRecord()', () => {
  it('comes back whole, whatever the result is and whoever wrote it', () => {
    const json = fc
      .json()
      .map((value) => `{"ok":true,"result":${value},"stats":{"durationMs":1,"queueMs":0.25}}`);
    // A runtime that escaped its sandbox may send any text.
    const any = fc.string({ unit: 'binary' });
    const label = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/u);
    const records = fc.record({
      tenant: fc.string(),
      route: fc.string(),
      final: fc.oneof(json, any),
      labels: fc.dictionary(label, label, { noNullPrototype: true }),
      attempts: fc.nat(9),
      tookMs: fc.nat(10_000_000),
    });
    fc.assert(
      fc.property(records, ({ tookMs, ...over }) => {
        const ended = { record: record(over), endedAtMs: 1_764_526_000_123 + tookMs };
        expect(unpackRecord('s_1', packRecord(ended))).toEqual(ended);
      }),
    );
  });

  it('keeps of the statistics of a usual result the numbers alone', () => {
    const stats =
      '{"durationMs":0.6,"queueMs":0.2,"cpuMs":0.4,"toolMs":0,"toolCallCount":0,"consoleBytes":0,"logsTruncated":false,"resultBytes":1,"isolation":"context","heapUsedBytes":1048576,"attempts":1}';
    const final = `{"ok":true,"result":2,"stats":${stats}}`;
    const text = packRecord({ record: record({ final }), endedAtMs: 1_764_526_000_130 });
    expect(final.length).toBeGreaterThan(200);
    expect(text.length).toBeLessThan(130);
  });
});
