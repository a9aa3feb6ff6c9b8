import { describe, expect, it } from 'vitest';
import { type BenchFlags, readBenchFlags } from '../../src/cli/bench-flags.ts';

const BASE: BenchFlags = { isolate: true, progress: '10s', out: 'reports' };

function problemsOf(flags: Partial<BenchFlags>): string[] {
  try {
    readBenchFlags({ ...BASE, ...flags });
    return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    // The first line counts the problems when there are several; each problem starts with its flag.
    return [...text.matchAll(/--[\w-]+(?:, --[\w-]+)*(?=:)/gu)].map(([flags_]) => flags_);
  }
}

describe('readBenchFlags()', () => {
  it.each<[string, Partial<BenchFlags>, readonly string[]]>([
    [
      'a search that is told its load',
      { scenario: 's', search: ['p99<1s'], rate: '5', count: '3' },
      ['--rate', '--count'],
    ],
    [
      'a search with a warm-up and a histogram',
      { url: 'http://x', search: ['p99<1s'], warmup: '1s', hdr: true },
      ['--warmup', '--hdr'],
    ],
    [
      'a sweep with an arrival law and a goal',
      { scenario: 's', sweep: 'concurrency=1', arrivals: 'poisson', threshold: ['p99<1s'] },
      ['--arrivals', '--threshold'],
    ],
    ['a sweep over what is fixed', { scenario: 's', sweep: 'workers=1', workers: '2' }, ['--workers']],
    [
      'a comparison with thresholds',
      { scenario: 's', baseline: ['a.json'], threshold: ['p99<1s'], hdr: true },
      ['--threshold', '--hdr'],
    ],
    [
      'two scenarios and a third',
      { ab: ['a', 'b'], scenario: 'c', method: 'GET' },
      ['--scenario', '--method'],
    ],
    [
      'a self-test of something else',
      { selfTest: true, scenario: 's', rate: '5', sweep: 'workers=1', hdr: true },
      ['--scenario', '--rate', '--sweep', '--hdr'],
    ],
    [
      'autocannon and documents',
      { url: 'http://x', driver: 'autocannon', html: 'a.html', md: 'a.md', warmup: '1s' },
      ['--warmup', '--html', '--md'],
    ],
    [
      'both models',
      { scenario: 's', concurrency: '2', rate: '5', arrivals: 'constant' },
      ['--rate', '--arrivals'],
    ],
    ['two ends', { scenario: 's', count: '5', duration: '5s' }, ['--duration']],
    [
      'a replay with a load',
      { scenario: 's', replay: 'r.json', rate: '5', warmup: '1s' },
      ['--rate', '--warmup'],
    ],
    [
      'a pool that is elsewhere',
      { scenario: 's', broker: 'http://x', workers: '2', isolation: 'isolate' },
      ['--workers', '--isolation'],
    ],
    [
      'an address and a pool',
      { url: 'http://x', workers: '2', broker: 'http://y' },
      ['--workers', '--broker'],
    ],
    ['no isolation where there is no pool', { url: 'http://x', isolate: false }, ['--no-isolate']],
    ['a request without an address', { scenario: 's', body: 'x', header: ['a: b'] }, ['--body', '--header']],
    ['documents to a stdout that is taken', { scenario: 's', html: '-' }, ['--html']],
    [
      'three modes',
      { scenario: 's', search: ['p99<1s'], sweep: 'workers=1', baseline: ['a'] },
      ['--search, --sweep, --baseline'],
    ],
    ['repeats of one run', { url: 'http://x', repeat: '3' }, ['--repeat']],
  ])('names every contradiction of %s', (_what, flags, expected) => {
    expect(problemsOf(flags).sort()).toEqual([...expected].sort());
  });

  it.each<[string, Partial<BenchFlags>]>([
    [
      'a search',
      {
        scenario: 's',
        search: ['p99<1s'],
        arrivals: 'constant',
        maxInFlight: '50',
        html: 'a.html',
        md: 'a.md',
        json: true,
      },
    ],
    ['a sweep', { scenario: 's', sweep: 'workers=1,2', concurrency: '4', duration: '2s', html: 'a.html' }],
    ['an alternation', { ab: ['a', 'b'], repeat: '10', rate: '5', md: 'a.md' }],
    ['a baseline', { url: 'http://x', baseline: ['a.json'], rate: '5', html: 'a.html' }],
    ['a self-test', { selfTest: true, json: true, html: 'a.html', md: 'a.md' }],
    ['a broker', { scenario: 's', broker: 'http://x', search: ['p99<1s'] }],
  ])('accepts %s with its documents', (_what, flags) => {
    expect(problemsOf(flags)).toEqual([]);
  });
});
