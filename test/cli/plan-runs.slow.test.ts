import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/report/run-report.ts';
import { runReport } from '../planner/report-fixture.ts';

const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
let folder = '';

/** 2,000 executions of 20 ms. */
function report(changes: Partial<RunReport>): string {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 6e8,
    numberOfSignificantValueDigits: 3,
  });
  histogram.recordValueWithCount(20_000, 2_000);
  const none = { p50_us: null, p75_us: null, p90_us: null, p95_us: null, p99_us: null, p99_9_us: null };
  const times = {
    metric: 'service',
    scope: 'all',
    n: 2_000,
    censored_n: 0,
    mean_us: 20_000,
    min_us: 20_000,
    max_us: 20_000,
  } as const;
  const latency = [{ ...none, ...times, not_given: {}, hdr_v2: encodeIntoCompressedBase64(histogram) }];
  return JSON.stringify(runReport({ latency, ...changes }));
}

const base = runReport();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-plan-runs-'));
  await writeFile(join(folder, 'idle.json'), report({}));
  await writeFile(
    join(folder, 'full.json'),
    report({
      scenario: { ...base.scenario, model: 'closed' },
      rates: { ...base.rates, done_per_s: 800 },
      cost: { ...base.cost, host_cpu_mean_us: 2_000, embedding_cpu_mean_us: 500 },
    }),
  );
  await writeFile(
    join(folder, 'io.json'),
    report({ scenario: { ...base.scenario, name: 'io', hash: '1'.repeat(64) } }),
  );
  await writeFile(join(folder, 'arm.json'), report({ env: { ...base.env, cpu_model: 'Neoverse' } }));
  await writeFile(
    join(folder, 'day.csv'),
    Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1 : 3)).join('\n'),
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function plan(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [entry, 'plan', '--per-day', '50M', ...args],
      { cwd: folder, timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({
          status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
        }),
    );
  });
}

describe('enclave plan from several runs', () => {
  it('buys less when a saturated run shows what a busy execution costs, and says when only an idle one is known', async () => {
    const alone = JSON.parse((await plan('--from', 'idle.json', '--json')).stdout);
    const both = JSON.parse((await plan('--from', 'idle.json', 'full.json', '--json')).stdout);
    expect(both.verdict.instances).toBeLessThan(alone.verdict.instances);
    const ids = (plan: { warnings: { id: string }[] }) => plan.warnings.map(({ id }) => id);
    expect(ids(alone)).toContain('COST-IDLE');
    expect(ids(both)).not.toContain('COST-IDLE');
    expect(ids(both)).toContain('TWO-POINT');
  });

  it('mixes scenarios, and refuses to pool them or to take other machines', async () => {
    const mixed = await plan('--mix', 'idle.json:70,io.json:30', '--json');
    expect(JSON.parse(mixed.stdout).inputs.cpuPerExecution.source).toBe('70 % tools + 30 % io');
    const pooled = await plan('--from', 'idle.json', 'io.json', 'arm.json');
    expect([pooled.status, pooled.stderr]).toEqual([
      2,
      expect.stringMatching(/io\.json ran another scenario/),
    ]);
    expect(pooled.stderr).toMatch(/arm\.json was measured on another machine/);
  });

  it('shows the day of a curve in text, Markdown and JSON', async () => {
    const text = await plan('--capacity', '200/s', '--curve', 'day.csv');
    expect(text.stdout).toMatch(
      /Over the day of the curve\nBusiest hour 12:00 of 24 hours, 6\.25 % of its day/,
    );
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await plan('--capacity', '200/s', '--curve', 'day.csv', '--md')).stdout).toMatch(
      /## Over the day/,
    );
    const json = JSON.parse((await plan('--capacity', '200/s', '--curve', 'day.csv', '--json')).stdout);
    expect(json.day.hours).toHaveLength(24);
  });

  it('refuses a bad curve, a missing one, and prices of another region, all at once', async () => {
    await writeFile(join(folder, 'bad.csv'), '1\n-2\nx\n');
    const bad = await plan('--capacity', '200/s', '--curve', 'bad.csv', '--region', 'eu-west-1');
    expect(bad.status).toBe(2);
    for (const part of [
      /line 2: .*"-2"/,
      /line 3: .*"x"/,
      /got 3/,
      /--region: expected us-east-1.*got "eu-west-1"/,
    ])
      expect(bad.stderr).toMatch(part);
    expect((await plan('--capacity', '200/s', '--curve', 'none.csv')).stderr).toMatch(
      /--curve: none\.csv: expected a readable file \(ENOENT\)/,
    );
  });

  it('fits what instances lose to each other, and refuses bad points with their lines', async () => {
    // X(N) = 200 N / (1 + 0.1 (N - 1)), to six digits.
    const points = [1, 2, 3, 4, 6, 8].map((n) => `${n},${((200 * n) / (1 + 0.1 * (n - 1))).toFixed(6)}`);
    await writeFile(join(folder, 'points.csv'), `instances,throughput\n${points.join('\n')}\n`);
    await writeFile(join(folder, 'few.csv'), '1,200\n2,x\n');
    const step = (text: string) =>
      JSON.parse(text).ladder.find(({ id }: { id: string }) => id === 'scaling-loss');
    const { stdout } = await plan('--capacity', '900/s', '--scaling', 'points.csv', '--json');
    expect(step(stdout).inputs).toMatch(/^sigma 0\.1, kappa [0-9.e-]+, N \d+; points\.csv, 6 loads/);
    const bad = await plan('--capacity', '900/s', '--scaling', 'few.csv');
    expect([bad.status, bad.stderr]).toEqual([
      2,
      expect.stringMatching(/few\.csv line 2: expected instances and throughput.*"2,x"/),
    ]);
  });

  it('exits 3 when zones alone are down longer than the target allows', async () => {
    const { status, stderr } = await plan(
      '--capacity',
      '200/s',
      '--zones',
      '1',
      '--availability',
      '99.9',
      '--zone-availability',
      '99',
    );
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/INFEASIBLE.*no number of instances is up for 99\.9 %/),
    ]);
  });
});
