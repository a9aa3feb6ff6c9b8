import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { parsePlan, planJsonSchema } from '../../src/report/parse-plan.ts';
import { corpus } from '../planner/plan-corpus.ts';

const published: unknown = JSON.parse(
  readFileSync(new URL('../../docs/plan.schema.json', import.meta.url), 'utf8'),
);

const codeOf = (value: unknown): string => {
  try {
    parsePlan(value, 'plan.json');
  } catch (error) {
    return error instanceof EnclaveError ? `${error.code} ${error.message}` : 'another error';
  }
  return 'accepted';
};

describe('plan.schema.json', () => {
  it('is what the parser is made from (npm run schemas writes it)', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(planJsonSchema())));
  });

  const validate = new Ajv2020({ allErrors: true }).compile(published as object);
  it.each(corpus)('accepts a plan: %s', (_name, make) => {
    validate(JSON.parse(JSON.stringify(make())));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(corpus)('is the same to the byte for the same input and seed: %s', (_name, make) => {
    expect(JSON.stringify(make())).toBe(JSON.stringify(make()));
  });

  it('refuses a plan without a verdict', () => {
    const { verdict: _verdict, ...rest } = JSON.parse(JSON.stringify(corpus[0]?.[1]()));
    expect(validate(rest)).toBe(false);
  });
});

describe('parsePlan()', () => {
  it.each(corpus)('reads back what was written: %s', (_name, make) => {
    const written: unknown = JSON.parse(JSON.stringify(make()));
    // A time without bound is null in JSON and comes back as what it was.
    expect(JSON.parse(JSON.stringify(parsePlan(written)))).toEqual(written);
  });

  it.each([undefined, null, [], 'x', 1, {}, { schema: 7 }, { schema: 'enclave.plan/2' }])(
    'refuses %j and names the schema',
    (value) => {
      expect(codeOf(value)).toMatch(/^INVALID_INPUT .*plan\.json: schema: expected enclave\.plan\/1/);
    },
  );

  it('names every field that is missing or wrong', () => {
    const message = codeOf({ schema: 'enclave.plan/1', verdict: 'good', ladder: 3 });
    expect(message).toContain('verdict: expected an object, got "good"');
    expect(message).toContain('ladder: expected a list, got 3');
    expect(message).toContain('workload: expected an object, got nothing');
  });
});
