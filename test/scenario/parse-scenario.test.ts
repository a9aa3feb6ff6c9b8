import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { parseScenario } from '../../src/scenario/parse-scenario.ts';
import { defineScenario, scenarioJsonSchema } from '../../src/scenario/scenario-file.ts';
import type { ScenarioInput } from '../../src/scenario/scenario-types.ts';

const minimal: ScenarioInput = {
  name: 'orders',
  purpose: 'what the orders script costs',
  scripts: [{ id: 'orders', code: 'return 1' }],
  load: { phases: [{ name: 'steady', rate: 10, durationMs: 1_000 }] },
};

function problemsOf(value: unknown): string[] {
  try {
    parseScenario(value);
  } catch (error) {
    if (error instanceof EnclaveError)
      return error.problems.map(({ message, path }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('parseScenario()', () => {
  it('fills in the defaults', () => {
    const scenario = parseScenario(defineScenario(minimal));
    expect(scenario.seed).toBe(42);
    expect(scenario.scripts[0]).toMatchObject({ weight: 1, expect: 'ok' });
    expect(scenario.load).toMatchObject({ model: 'open', arrivals: 'poisson', timeoutMs: 30_000 });
    expect(scenario.load.phases[0]?.measure).toBe(true);
    expect(scenario.tenants).toEqual([{ id: 'default', weight: 1 }]);
  });

  it('reports every mistake at once, each with its path', () => {
    const found = problemsOf({
      name: 'Orders!',
      scripts: [
        { id: 'a', cod: 'return 1' },
        { id: 'b', code: '1', expect: 'MEMORY_LIMT' },
      ],
      tools: { pay: { latency: { kind: 'fixd', ms: 1 } } },
      limits: { cpuMs: -1 },
      lod: {},
      load: { phases: [{ name: 'steady', rate: 'fast', durationMs: 0 }] },
    });
    expect(found).toEqual([
      'name: expected text matching /^[a-z][a-z0-9-]{0,63}$/, got "Orders!"',
      'purpose: expected text, got nothing',
      'scripts[0].cod: unknown key (did you mean code?)',
      'scripts[0]: expected exactly one of file and code',
      expect.stringMatching(
        /^scripts\[1\]\.expect: expected one of ok, .*did you mean MEMORY_LIMIT\?.*got "MEMORY_LIMT"$/,
      ),
      'tools.pay.latency.kind: expected one of fixed, uniform, lognormal, bimodal, trace (did you mean fixed?), got "fixd"',
      'limits.cpuMs: expected a number of at least 1, got -1',
      'load.phases[0].rate: expected a number or a list [from, to], got "fast"',
      'load.phases[0].durationMs: expected a number of at least 1, got 0',
      'lod: unknown key (did you mean load?)',
    ]);
  });

  it.each([
    [
      'two scripts of one name',
      { scripts: [...minimal.scripts, ...minimal.scripts] },
      'scripts[1]: expected unique names, got "orders" twice',
    ],
    [
      'nothing measured',
      { load: { phases: [{ name: 'a', rate: 1, durationMs: 1, measure: false }] } },
      'load.phases: expected at least one phase that is measured',
    ],
    [
      'no arrivals',
      { load: { phases: [{ name: 'a', rate: 0, durationMs: 1 }] } },
      'load.phases: expected a rate above 0 in a measured phase',
    ],
  ])('refuses %s', (_what, change, message) => {
    expect(problemsOf({ ...minimal, ...change })).toContain(message);
  });

  it.each([undefined, null, 7, 'tools', []])('refuses %j without a stack', (value) => {
    expect(() => parseScenario(value)).toThrow(EnclaveError);
  });
});

describe('scenario.schema.json', () => {
  const text = readFileSync(new URL('../../scenarios/scenario.schema.json', import.meta.url), 'utf8');

  it('is what the validator is made from (npm run schemas writes it)', () => {
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  it('accepts what the validator accepts, and refuses an unknown key', () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(text));
    expect(validate(minimal)).toBe(true);
    expect(validate({ ...minimal, lod: {} })).toBe(false);
  });
});
