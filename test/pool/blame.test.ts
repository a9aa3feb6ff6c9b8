import { describe, expect, it } from 'vitest';
import { judge, sentence } from '../../src/pool/blame.ts';
import type { HostEnd } from '../../src/pool/host.ts';

const jobs = (...names: string[]) => new Map(names.map((name, i) => [i + 1, name]));
const end = (reason: HostEnd['reason'], culprit?: number): HostEnd => ({
  reason,
  culprit,
  signal: 'SIGABRT',
  exitCode: undefined,
  stderr: '',
});

describe('judge()', () => {
  it.each([
    ['who was in an entry is the culprit', jobs('a', 'b'), 9, end('crashed', 2), 'b', ['a'], false],
    ['nobody in an entry, nobody to blame', jobs('a'), 9, end('crashed', 0), undefined, ['a'], false],
    ['without a mark, who was alone', jobs('a'), 9, end('crashed'), 'a', [], false],
    ['without a mark, nobody of several', jobs('a', 'b'), 9, end('crashed'), undefined, ['a', 'b'], false],
    ['an end of our own is nobody’s fault', jobs('a'), 1, end('stopped'), undefined, ['a'], false],
    ['a breach is of who had the host to himself', jobs('a'), 1, end('protocol', 0), 'a', [], true],
    [
      'a breach where others ran before may be theirs',
      jobs('a'),
      2,
      end('protocol', 1),
      undefined,
      ['a'],
      true,
    ],
    [
      'a breach among several: the mark is not believed',
      jobs('a', 'b'),
      2,
      end('protocol', 1),
      undefined,
      ['a', 'b'],
      true,
    ],
  ])('%s', (_title, on, placed, how, culprit, bystanders, areSuspects) => {
    expect(judge(on, placed, how)).toMatchObject({ culprit, bystanders, areSuspects });
  });
});

describe('sentence()', () => {
  it.each([
    ['memory', 'MEMORY_LIMIT', undefined],
    ['overdue', 'UNRESPONSIVE_KILLED', undefined],
    ['silent', 'UNRESPONSIVE_KILLED', undefined],
    ['protocol', 'SANDBOX_CRASHED', undefined],
    ['crashed', 'SANDBOX_CRASHED', 'SIGABRT'],
  ] as const)('for %s is %s', (reason, code, signal) => {
    const [gotCode, , gotSignal] = sentence(end(reason, 1));
    expect([gotCode, gotSignal]).toEqual([code, signal]);
  });
});
