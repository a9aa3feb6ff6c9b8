// A small scenario for tests: one script, no tools, unless told otherwise.
import type { Scenario } from '../../src/scenario/load-scenario.ts';

export function testScenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    name: 'test',
    purpose: 'a scenario of the tests',
    seed: 1,
    scripts: [
      {
        id: 'one',
        weight: 1,
        source: 'return 1',
        filename: 'one.js',
        language: 'js',
        args: {},
        expect: ['ok'],
      },
    ],
    tools: {},
    tenants: [{ id: 'default', weight: 1 }],
    limits: {},
    load: {
      model: 'open',
      arrivals: 'constant',
      concurrency: 1,
      timeoutMs: 30_000,
      drainMs: 30_000,
      phases: [{ name: 'steady', rate: 10, durationMs: 1_000, measure: true }],
    },
    thresholds: [],
    compress: 1,
    hash: '0'.repeat(64),
    ...changes,
  };
}
