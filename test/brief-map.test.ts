import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BriefMap } from '../src/brief-map.ts';

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

function collect(type: 'minor' | 'major'): void {
  if (typeof gc === 'function') gc({ type });
}

describe('a map for what comes and goes', () => {
  it('does what a Map does', () => {
    const key = fc.nat(5);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, value: fc.string() }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const brief = new BriefMap<number, string>();
        const plain = new Map<number, string>();
        for (const each of steps) {
          if (each.kind === 'set') {
            brief.set(each.key, each.value);
            plain.set(each.key, each.value);
          } else if (each.kind === 'delete') expect(brief.delete(each.key)).toBe(plain.delete(each.key));
          else {
            brief.clear();
            plain.clear();
          }
          expect([...brief]).toEqual([...plain]);
          expect([...brief.keys()]).toEqual([...plain.keys()]);
          expect([...brief.values()]).toEqual([...plain.values()]);
          expect(brief.size).toBe(plain.size);
          for (const at of [0, 1, 2, 3, 4, 5])
            expect([brief.get(at), brief.has(at)]).toEqual([plain.get(at), plain.has(at)]);
        }
      }),
    );
  });

  it('lets go of what has gone, however old its tables are', () => {
    const brief = grownBytes(new BriefMap());
    const plain = grownBytes(new Map());
    expect(brief).toBeLessThan(plain / 3);
  });
});

/** By how much the old generation grows while 8 MB come and go, of which 64 values are there at any time. */
function grownBytes(map: { set(key: number, value: object): unknown; delete(key: number): boolean }): number {
  map.set(-1, {});
  // Whatever is there is old from here on.
  collect('major');
  collect('major');
  const before = oldBytes();
  for (let i = 0; i < 2_000; i++) {
    map.set(i, { text: Array.from({ length: 500 }, () => i) });
    if (i >= 64) map.delete(i - 64);
    if (i % 200 === 0) collect('minor');
  }
  return oldBytes() - before;
}

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;
}
