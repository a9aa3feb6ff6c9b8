import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { reportJsonSchema } from '../../src/report/parse-report.ts';
import { parseRunReport } from '../../src/report/parse-run-report.ts';

const codeOf = (value: unknown): string => {
  try {
    parseRunReport(value);
  } catch (error) {
    return error instanceof EnclaveError ? `${error.code} ${error.message}` : 'another error';
  }
  return 'accepted';
};

describe('bench-report.schema.json', () => {
  it('is what the parser is made from (npm run schemas writes it)', () => {
    const text = readFileSync(new URL('../../docs/bench-report.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
  });
});

describe('parseRunReport()', () => {
  it('refuses another schema version with what to do', () => {
    expect(codeOf({ schema: 'enclave.bench/2', kind: 'run' })).toMatch(
      /^UNSUITABLE_REPORT .*schema: expected enclave\.bench\/1, got "enclave\.bench\/2"/,
    );
  });

  it('refuses another kind of report', () => {
    expect(codeOf({ schema: 'enclave.bench/1', kind: 'search' })).toMatch(
      /^UNSUITABLE_REPORT .*expected "run", got "search"/,
    );
  });

  it('names every field that is missing or wrong', () => {
    const message = codeOf({ schema: 'enclave.bench/1', kind: 'run', complete: 'yes' });
    expect(message).toContain('complete: expected true or false, got "yes"');
    expect(message).toContain('counts: expected an object, got nothing');
  });

  it.each([undefined, null, [], 'x', 1, {}, { schema: 7 }])('refuses %j', (value) => {
    expect(codeOf(value)).toMatch(/^INVALID_INPUT /);
  });
});
