// `enclave plan verify` on the real binary: a real bench, a plan from it, the same load again. Other programs may disturb the
// figures, so nothing here says what they are; it says that the status follows from them, and that the record keeps them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verification } from '../../src/verify/verification.ts';
import { type CliResult, cli } from './cli.ts';

let folder = '';
const run = (...args: readonly string[]): Promise<CliResult> => cli(args, { cwd: folder });
const verificationOf = ({ stdout }: CliResult): Verification => JSON.parse(stdout);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-verify-'));
  await run(
    'bench',
    '--scenario',
    'simple',
    '--rate',
    '60',
    '--duration',
    '4s',
    '--warmup',
    '500ms',
    '--allow-noise',
  );
  const plan = await run('plan', '--per-day', '1M', '--types', 'c6i.xlarge', '--allow-noise', '--json');
  await writeFile(join(folder, 'plan.json'), plan.stdout);
  const stated = await run('plan', '--per-day', '1M', '--capacity', '200/s', '--json');
  await writeFile(join(folder, 'stated.json'), stated.stdout);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('enclave plan verify', () => {
  it('measures the load of one instance, scaled to this machine, and ends as the bands say', async () => {
    const quick = ['plan.json', '--duration', '4s', '--repeat', '2', '--allow-noise', '--json'];
    const result = await run('plan', 'verify', ...quick);
    const found = verificationOf(result);
    expect(found.numbers.map(({ metric }) => metric)).toEqual([
      'p50',
      'p95',
      'p99',
      'utilisation',
      'capacity',
    ]);
    expect(found.plan).toEqual({ file: 'plan.json', type: 'c6i.xlarge', instances: 2, scenario: 'simple' });
    // 1M/day x 3 / 86,400 on the one instance that is needed, at the same rate per core.
    expect(found.scale).toMatchObject({ vcpu: 4, instancePerSecond: expect.closeTo(34.7222, 3) });
    expect(found.askedPerSecond).toBeCloseTo((34.7222 * found.machine.cores) / 4, 3);
    const isOutside = found.numbers.some(({ isInside }) => isInside === false);
    const expected = found.faults.every((fault) => fault.includes('declared itself invalid'))
      ? isOutside
        ? 6
        : 0
      : 98;
    expect(result.status).toBe(expected);
    expect(result.stderr).toMatch(/SCALED|Measured here/);
    expect(result.stderr).toMatch(/run 1 of 2: .*\n.*run 2 of 2: .*\n.*capacity: \d+ in flight/);
    const [line] = (await readFile(join(folder, 'reports', 'plan-verify.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(line ?? '')).toEqual(found);
    const history = await run('plan', 'verify', '--history');
    expect([history.status, history.stdout]).toEqual([0, expect.stringMatching(/^1 verification: /)]);
  });

  it('runs a scenario beside a stated capacity, and keeps its record where it is told', async () => {
    const args = [
      '--scenario',
      'simple',
      '--duration',
      '9s',
      '--repeat',
      '1',
      '--no-capacity',
      '--allow-noise',
    ];
    const result = await run(
      'plan',
      'verify',
      'stated.json',
      ...args,
      '--record',
      'own/record.jsonl',
      '--json',
    );
    expect(verificationOf(result).numbers.map(({ metric }) => metric)).not.toContain('capacity');
    const history = await run('plan', 'verify', '--history', '--record', 'own/record.jsonl', '--json');
    expect(JSON.parse(history.stdout)).toMatchObject({
      schema: 'enclave.plan-record/1',
      verifications: [{ plan: { file: 'stated.json' } }],
    });
  });

  it('writes what was measured until an interrupt, and ends with 96', async () => {
    const result = await cli(['plan', 'verify', 'plan.json', '--duration', '60s', '--json'], {
      cwd: folder,
      onStart: (child) =>
        child.stderr?.on('data', (text: string) => {
          if (text.includes('run 1 of 3')) setTimeout(() => child.kill('SIGINT'), 1_000);
        }),
    });
    expect([result.status, verificationOf(result).state]).toEqual([96, 'interrupted']);
  });

  it('refuses what it cannot verify, before anything is run', async () => {
    const plan: unknown = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8'));
    const text = JSON.stringify(plan).replace(/"scenarioHash":"\w+"/, `"scenarioHash":"${'0'.repeat(64)}"`);
    await writeFile(join(folder, 'other.json'), text);
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [[], /plan: expected a plan that enclave plan --json wrote, or --history, got neither/],
      [['plan.json', '--duration', '0s', '--repeat', '0'], /has 2 problems.*--duration.*--repeat/s],
      [['plan.json', '--history'], /--history: expected without a plan, got "plan\.json"/],
      [['none.json'], /FILE_NOT_READABLE.*none\.json/],
      [['reports/plan-verify.jsonl.txt'], /FILE_NOT_READABLE/],
      [
        ['stated.json'],
        /--scenario: expected a scenario, since stated\.json was planned from stated capacity/,
      ],
      [['other.json'], /UNSUITABLE_REPORT.*another version of scenario simple/],
      [
        ['plan.json', '--duration', '100ms', '--repeat', '1'],
        /--duration: expected about 100 executions.*would do/,
      ],
      [['--history', '--record', 'none.jsonl'], /none\.jsonl: expected a readable file/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr, stdout } = await run('plan', 'verify', ...args);
      expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    }
  });

  it('runs a mix as the mix that it was planned as', async () => {
    const bench = (scenario: string, out: string) =>
      run(
        'bench',
        '--scenario',
        scenario,
        ...'--rate 60 --duration 3s --warmup 500ms --allow-noise'.split(' '),
        '--out',
        out,
      );
    await bench('simple', 'one');
    await bench('tools', 'two');
    const plan = await run('plan', ...'--per-day 3M --mix one:70,two:30 --allow-noise --json'.split(' '));
    expect([plan.status, plan.stderr]).toEqual([0, '']);
    await writeFile(join(folder, 'mix.json'), plan.stdout);
    const args = '--duration 4s --repeat 1 --no-capacity --allow-noise --json'.split(' ');
    const found = verificationOf(await run('plan', 'verify', 'mix.json', ...args));
    expect(found.plan.scenario).toBe('70 % simple + 30 % tools');
    expect(found.executions).toBeGreaterThan(100);
  });
});
