import { describe, expect, it } from 'vitest';
import { OptionReader } from '../../src/cli/option-reader.ts';
import type { EnclaveError } from '../../src/errors.ts';

function problemsOf(use: (read: OptionReader) => void): string[] {
  const read = new OptionReader();
  use(read);
  try {
    read.finish('test');
    return [];
  } catch (error) {
    return (error as EnclaveError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('OptionReader', () => {
  it('answers undefined for an absent option and finds nothing wrong with it', () => {
    expect(
      problemsOf((read) => expect(read.duration('--timeout', undefined, { words: '' })).toBeUndefined()),
    ).toEqual([]);
  });

  it('converts to the unit of the code', () => {
    const read = new OptionReader();
    expect(read.duration('--d', '2s', { words: '' })).toBe(2_000);
    expect(read.size('--s', '1KiB', { words: '' })).toBe(1_024);
    expect(read.integer('--i', '5k', { words: '' })).toBe(5_000);
    expect(read.rate('--r', '30/min', { words: '' })).toBe(0.5);
    expect(read.rate('--r', '30', { words: '' })).toBe(30);
    expect(read.choice('--c', 'b', ['a', 'b'])).toBe('b');
    expect(read.json('--j', '{"a":[1]}')).toEqual({ a: [1] });
  });

  it('keeps to the bounds, `above` excluded and the others included', () => {
    const bounds = { above: 0, max: 10, words: 'above 0, up to 10' };
    const read = new OptionReader();
    expect(read.number('--n', '10', bounds)).toBe(10);
    expect(read.number('--n', '0', bounds)).toBeUndefined();
    expect(() => read.finish('test')).toThrow('expected a value above 0, up to 10, got "0"');
  });

  it('gathers every problem', () => {
    const found = problemsOf((read) => {
      read.duration('--d', 'soon', { words: '' });
      read.integer('--i', '1.5', { words: 'from 1' });
      read.choice('--c', 'z', ['a', 'b']);
      read.json('--j', '{');
    });
    expect(found.map((text) => text.split(':')[0])).toEqual(['--d', '--i', '--c', '--j']);
    expect(found[1]).toBe('--i: expected a whole number from 1, got "1.5"');
  });
});
