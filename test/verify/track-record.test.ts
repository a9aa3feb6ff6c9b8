import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accuracyOf, appendVerification, readTrackRecord } from '../../src/verify/track-record.ts';
import { VERIFICATION_SCHEMA, type Verification } from '../../src/verify/verification.ts';
import { historyText, verificationText } from '../../src/verify/verification-text.ts';

/** A verification whose p99 was foretold as 110 ms in a band of 90 to 120 ms. */
function verification(measured: number, state: Verification['state'] = 'inside'): Verification {
  return {
    schema: VERIFICATION_SCHEMA,
    at: '2026-11-21T03:00:00.000Z',
    enclave: '0.1.0',
    plan: { file: 'plan.json', type: 'c6i.large', instances: 3, scenario: 'tools' },
    machine: { name: 'test', cores: 2 },
    scale: { vcpu: 4, instancePerSecond: 80, factor: 0.5, isFull: false },
    askedPerSecond: 40,
    sentPerSecond: 39.5,
    runs: 3,
    executions: 1_200,
    numbers: [
      {
        metric: 'p99',
        unit: 'ms',
        value: 110,
        low: 90,
        high: 120,
        measured,
        error: 110 / measured - 1,
        isInside: measured >= 90 && measured <= 120,
      },
    ],
    state,
    faults: state === 'invalid' ? ['run 1: declared itself invalid (other-cpu)'] : [],
  };
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-record-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the track record', () => {
  it('keeps one line a verification, and makes its folder', async () => {
    const file = join(folder, 'new', 'record.jsonl');
    await appendVerification(file, verification(100));
    await appendVerification(file, verification(88, 'outside'));
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
    expect(await readTrackRecord(file, 'record.jsonl')).toEqual([
      verification(100),
      verification(88, 'outside'),
    ]);
  });

  it('tells mean error and coverage of those that count', () => {
    // Errors 110/100 - 1 = +10 % and 110/88 - 1 = +25 %; one of two inside. The invalid one is left out.
    const record = [verification(100), verification(88, 'outside'), verification(1, 'invalid')];
    expect(accuracyOf(record)).toEqual([
      {
        metric: 'p99',
        runs: 2,
        meanError: expect.closeTo(0.175, 12),
        meanAbsoluteError: expect.closeTo(0.175, 12),
        coverage: { value: 0.5, low: expect.any(Number), high: expect.any(Number) },
      },
    ]);
  });

  it('names every line that is not one, and a file that is not there', async () => {
    const file = join(folder, 'broken.jsonl');
    await writeFile(file, `${JSON.stringify(verification(100))}\n{"schema":\n\n{"schema":"x"}\n`);
    await expect(readTrackRecord(file, 'broken.jsonl')).rejects.toThrow(/line 2.*line 4\.schema/s);
    await expect(readTrackRecord(join(folder, 'none'), 'none')).rejects.toThrow(
      /none: expected a readable file \(ENOENT\)/,
    );
  });

  it('says when it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(appendVerification(join(folder, 'file', 'x.jsonl'), verification(100))).rejects.toThrow(
      /FILE_NOT_WRITABLE.*--record/,
    );
  });
});

describe('the text of a verification', () => {
  const style = { columns: 80, bold: (text: string) => text };
  it.each([60, 80, 120])('fits %i columns', (columns) => {
    const texts = [
      verificationText(verification(88, 'invalid'), { ...style, columns }),
      historyText([verification(100), verification(88, 'outside')], { ...style, columns }),
    ];
    for (const line of texts.join('').split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
  });

  it('states the scale and what is outside', () => {
    const text = verificationText(verification(88, 'outside'), style);
    expect(text).toMatch(/^OUTSIDE/);
    expect(text).toMatch(/SCALED by 0\.5 to this\s+machine/);
    expect(text).toMatch(/p99 +110 ms +90 ms to 120 ms +88 ms +\+25\.0 % +OUTSIDE/);
  });

  it('shows an empty record as one', () => {
    expect(historyText([], style)).toMatch(/^0 verifications/);
  });
});
