import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSse, formatSsePriming, SseParser } from '../../src/protocol/sse.ts';

describe('SseParser', () => {
  it('reads the same messages however the bytes were cut', () => {
    const messages = fc.array(
      fc.record({ id: fc.stringMatching(/^\d{1,9}-\d{1,9}$/u), value: fc.jsonValue() }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(messages, fc.array(fc.nat(400), { maxLength: 10 }), (sent, cuts) => {
        const text = sent.map(({ id, value }) => formatSse(id, JSON.stringify(value))).join('');
        const parser = new SseParser();
        const edges = [
          0,
          ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b),
          text.length,
        ];
        const read = edges.flatMap((edge, i) => parser.push(text.slice(edges[i - 1] ?? 0, edge)));
        expect(read).toEqual(sent.map(({ id, value }) => ({ id, data: JSON.stringify(value) })));
      }),
    );
  });

  it('takes the id of a priming event without making a message of it', () => {
    const parser = new SseParser();
    expect(parser.push(formatSsePriming('0-0', 1_000))).toEqual([]);
    expect(parser.lastId).toBe('0-0');
  });

  it('understands the three line ends, comments and events of several lines', () => {
    const parser = new SseParser();
    expect(parser.push(': hello\r\nid: 1\r\ndata: a\r\ndata: b\r\n\r\nid: 2\rdata:c\r\r')).toEqual([
      { id: '1', data: 'a\nb' },
    ]);
    // The last CR might have been the first half of a CRLF.
    expect(parser.push('\n')).toEqual([{ id: '2', data: 'c' }]);
  });

  it('refuses an event without an end', () => {
    const parser = new SseParser();
    const line = `data: ${'x'.repeat(2 ** 20)}\n`;
    expect(() => {
      for (let i = 0; i < 20; i++) parser.push(line);
    }).toThrow(RangeError);
  });
});
