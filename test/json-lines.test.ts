import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader, toJsonLine } from '../src/json-lines.ts';

describe('LineReader', () => {
  it('gives back what was written, however the stream is cut', () => {
    const run = (values: readonly unknown[], cuts: readonly number[]): void => {
      const bytes = Buffer.from(values.map(toJsonLine).join(''));
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const reader = new LineReader(1e6);
      let start = 0;
      const lines: string[] = [];
      for (const end of ends) {
        lines.push(...reader.push(bytes.subarray(start, end)));
        start = end;
      }
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(values);
    };
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('line\nbreak'));
    fc.assert(fc.property(fc.array(text), fc.array(fc.nat()), run));
  });

  it('bounds a line, not the stream', () => {
    const reader = new LineReader(10);
    expect(reader.push(Buffer.from('12345\n1234567890\n12345'))).toEqual(['12345', '1234567890']);
    expect(() => reader.push(Buffer.from('123456'))).toThrow(RangeError);
  });
});
