import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LatencySummary } from '../../src/report/run-report.ts';
import { runReport } from '../planner/report-fixture.ts';

const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
let folder = '';

/** 2,000 service times of 20.00 to 39.99 ms, evenly spread. */
function serviceTimes(count: number): LatencySummary {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e8,
    numberOfSignificantValueDigits: 3,
  });
  for (let i = 0; i < count; i++) histogram.recordValue(20_000 + Math.floor((20_000 * i) / count));
  const none = { p50_us: null, p75_us: null, p90_us: null, p95_us: null, p99_us: null, p99_9_us: null };
  return {
    ...none,
    metric: 'service',
    scope: 'all',
    n: count,
    censored_n: 0,
    mean_us: 30_000,
    min_us: 20_000,
    max_us: 39_990,
    not_given: {},
    hdr_v2: encodeIntoCompressedBase64(histogram),
  };
}

const report = (count: number, ended_at: string) => {
  const base = runReport({ latency: [serviceTimes(count)] });
  return JSON.stringify({ ...base, timing: { ...base.timing, ended_at } });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-plan-'));
  await mkdir(join(folder, 'reports'));
  await writeFile(
    join(folder, 'reports', 'tools-20261120T100000Z.json'),
    report(2_000, '2026-11-20T10:00:42.000Z'),
  );
  await writeFile(join(folder, 'short.json'), report(200, '2026-11-20T11:00:42.000Z'));
  await writeFile(join(folder, 'broken.json'), '{"schema": "enclave.bench/1", ');
  await writeFile(join(folder, 'newer.json'), JSON.stringify({ ...runReport(), schema: 'enclave.bench/9' }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function plan(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [entry, 'plan', ...args],
      { cwd: folder, timeout: 30_000 },
      (error, stdout, stderr) =>
        resolve({
          status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
        }),
    );
  });
}

describe('enclave plan', () => {
  it('plans from the newest report, names it, and shows the derivation with its origins', async () => {
    const { status, stdout } = await plan('--per-day', '5M', '--peak', '3', '--slo', 'p99=60ms');
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^MET {2}2 x c5\.large · p99 4\d\.\d ms of 60 ms · 173\.6\/s peak/);
    expect(stdout).toMatch(/reports\/tools-20261120T100000Z\.json/);
    expect(stdout).toMatch(/offered load .* 0\.69444 erlang measured|offered load .* 0\.69444 erlang given/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints one JSON document with --json', async () => {
    const { status, stdout, stderr } = await plan(
      '--per-day',
      '5M/day',
      '--capacity',
      '200/s',
      '--on',
      'c6i.2xlarge',
      '--json',
    );
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'enclave.plan/1', verdict: { status: 'met' } });
  });

  it('refuses every bad option at once, with its flag, and explains 5m', async () => {
    const { status, stderr } = await plan(
      '--per-day',
      '5m',
      '--peak',
      '0.5',
      '--slo',
      'p99=100',
      '--budget',
      '-3',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/--per-day: .*milli, minute or million: write 5M/);
    for (const flag of ['--peak', '--slo', '--budget']) expect(stderr).toContain(`${flag}: expected`);
    expect(stderr).not.toMatch(/ at .*\.ts/);
  });

  it('tells unknown types and an unreadable price file together with bad options', async () => {
    const slips = await plan(
      '--per-day',
      '5m',
      '--types',
      'c7g.lage',
      '--capacity',
      '1/s',
      '--on',
      'nothing',
    );
    expect(slips.status).toBe(2);
    expect(slips.stderr).toMatch(/has 3 problems/);
    for (const part of [/--per-day: /, /--types: .*did you mean c7g\.large/, /--on: .*it has /])
      expect(slips.stderr).toMatch(part);
    const prices = await plan('--per-day', '5M', '--peak', '0', '--prices', 'missing.json');
    expect(prices.stderr).toMatch(/has 2 problems/);
    expect(prices.stderr).toMatch(/--prices: missing\.json: expected a readable file \(ENOENT\)/);
  });

  it('marks defaults of availability as assumed and options as given', async () => {
    const { stdout } = await plan('--per-day', '5M', '--capacity', '200/s', '--spares', '2', '--json');
    expect(JSON.parse(stdout).inputs).toMatchObject({
      spares: { value: 2, provenance: 'given' },
      zones: { value: 3, provenance: 'assumed', source: 'default' },
    });
  });

  it('refuses a report with too few samples, another schema, or broken JSON', async () => {
    const from = (file: string) => plan('--per-day', '5M', '--slo', 'p99=60ms', '--from', file);
    const short = await from('short.json');
    expect([short.status, short.stderr]).toEqual([
      2,
      expect.stringMatching(/UNSUITABLE_REPORT.*short\.json.*p99 needs 1000/),
    ]);
    const newer = await from('newer.json');
    expect([newer.status, newer.stderr]).toEqual([2, expect.stringMatching(/enclave\.bench\/9/)]);
    const broken = await from('broken.json');
    expect([broken.status, broken.stderr]).toEqual([2, expect.stringMatching(/broken\.json.*JSON/)]);
    const missing = await from('missing.json');
    expect([missing.status, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/FILE_NOT_READABLE.*missing\.json/),
    ]);
  });

  it('exits 3 when no number of machines will do, and when the budget is exceeded', async () => {
    const impossible = await plan('--per-day', '5M', '--slo', 'p99=10ms');
    expect([impossible.status, impossible.stderr]).toEqual([
      3,
      expect.stringMatching(/no number of machines meets p99=10ms/),
    ]);
    const dear = await plan('--per-day', '5M', '--budget', '100/month');
    expect([dear.status, dear.stdout]).toEqual([3, expect.stringMatching(/^OVER BUDGET/)]);
  });

  it('offers the nearest type for a slip', async () => {
    const { status, stderr } = await plan(
      '--per-day',
      '5M',
      '--capacity',
      '1/s',
      '--on',
      'c6i.larg',
      '--types',
      'c7g.lage',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/--on.*did you mean c6i\.large/);
    expect(stderr).toMatch(/--types.*did you mean c7g\.large/);
  });

  it('prints Markdown with the growth of five years', async () => {
    const { status, stdout } = await plan('--per-day', '50M', '--growth', '100%/year', '--md');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^# \d+ x c5\.large: NO OBJECTIVE\n/);
    expect(stdout).toMatch(/\| 5 \| 1,600,000,000 \|/);
    for (const row of stdout.split('\n').filter((line) => line.startsWith('|')))
      expect(row.endsWith('|')).toBe(true);
    const bad = await plan('--per-day', '50M', '--growth', '-200%');
    expect([bad.status, bad.stderr]).toEqual([
      2,
      expect.stringMatching(/--growth: expected a value above -100 %/),
    ]);
  });

  it('fits the growth to a history, and names everything that is wrong with one', async () => {
    const rows = Array.from(
      { length: 9 },
      (_, month) => `2026-0${month + 1}-01,${1_000_000 * 1.02 ** month}`,
    );
    await writeFile(join(folder, 'history.csv'), ['date,volume', ...rows].join('\n'));
    await writeFile(join(folder, 'bad.csv'), '2026-01-01,5\nsoon,6');
    const found = await plan('--per-day', '5M', '--history', 'history.csv', '--json');
    expect(JSON.parse(found.stdout).inputs.growthPerYear).toMatchObject({
      // 2 % a month of 30.4 days.
      value: expect.closeTo(1.02 ** 12 - 1, 1),
      provenance: 'measured',
      source: expect.stringMatching(/^history\.csv: 2\d.* a year, .* from 9 values over 0\.7 years/),
    });
    const bad = await plan('--per-day', '5M', '--history', 'bad.csv', '--growth', '3%');
    expect(bad.status).toBe(2);
    for (const part of [/bad\.csv value 2: /, /at least 6, got 2/, /either --growth or --history/])
      expect(bad.stderr).toMatch(part);
  });

  it('prints the tables of a published guide next to the formulas, as text and as JSON', async () => {
    const { status, stdout } = await plan('--profile', 'eyeflow');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^PROFILE {2}eyeflow: 6 tables/);
    expect(stdout).toMatch(/10,000,000 +30 +40 +t3\.xlarge +25 +9 +1\n/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { stdout: json } = await plan('--profile', 'stratarouter', '--json');
    expect(JSON.parse(json)).toMatchObject({ schema: 'enclave.plan-profile/1', name: 'stratarouter' });
    const slip = await plan('--profile', 'enzime');
    expect([slip.status, slip.stderr]).toEqual([
      2,
      expect.stringMatching(/--profile: .*\n?.*did you mean enzyme/s),
    ]);
  });

  it('says how sure it is, and exits 4 when that is less than asked', async () => {
    const base = ['--per-day', '500M', '--capacity', '200/s', '--slo', 'p99=80ms'];
    const { status, stdout } = await plan(...base, '--confidence', '0.999');
    expect(status).toBe(4);
    expect(stdout).toMatch(/LESS SURE than the 99\.9 % asked for: [\d,]+ instances/);
    const bad = await plan(...base, '--confidence', '95');
    expect([bad.status, bad.stderr]).toEqual([
      2,
      expect.stringMatching(/--confidence: expected a value above 0/),
    ]);
  });

  it('lists the contradictions of a published plan and exits 5', async () => {
    const { status, stdout } = await plan('--check', 'stratarouter');
    expect(status).toBe(5);
    expect(stdout).toMatch(/^CONTRADICTIONS {2}stratarouter: 4 errors, 1 warnings, 2 notes under 7 rules/);
    expect(stdout).toMatch(/STR-01 error: printed about 2/);
    const slip = await plan('--check', 'stratarouter2');
    expect([slip.status, slip.stderr]).toEqual([2, expect.stringMatching(/did you mean stratarouter\?/)]);
  });
});
