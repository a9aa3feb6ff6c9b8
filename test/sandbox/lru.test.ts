import { describe, expect, it } from 'vitest';
import { Lru } from '../../src/sandbox/lru.ts';

describe('Lru', () => {
  it('forgets what was used longest ago, by number', () => {
    const lru = new Lru<number>(2, 100);
    lru.set('a', 1, 1);
    lru.set('b', 2, 1);
    lru.get('a');
    lru.set('c', 3, 1);
    expect(['a', 'b', 'c'].map((key) => lru.get(key))).toEqual([1, undefined, 3]);
  });

  it('forgets by size, as many as it takes, and never keeps what is too large alone', () => {
    const lru = new Lru<number>(100, 10);
    for (const key of ['a', 'b', 'c']) lru.set(key, 1, 3);
    lru.set('d', 1, 7);
    expect(['a', 'b', 'c', 'd'].map((key) => lru.get(key))).toEqual([undefined, undefined, 1, 1]);
    lru.set('e', 1, 11);
    expect(lru.get('e')).toBeUndefined();
    lru.delete('d');
    lru.delete('d');
    lru.set('f', 1, 7);
    expect(['c', 'f'].map((key) => lru.get(key))).toEqual([1, 1]);
  });
});
