// Ways of `enclave bench` and `enclave compare` that make more than one run, tiny, on the real binary.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTestReport } from '../support/run-report.ts';
import { cli } from './cli.ts';

let folder = '';
let url = '';
const server = createServer((_request, response) => response.end('{}'));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-modes-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** Lines that were broken to fit 80 columns, whole again. */
const unwrapped = (text: string): string => text.replaceAll(/\n {2}/gu, ' ');

describe('enclave bench, more than one run', () => {
  it('writes the runs that a plan is made from into one folder, which plan takes as a whole', async () => {
    const args = '--scenario simple --calibrate --duration 1500ms --repeat 1 --allow-noise'.split(' ');
    const { status, stderr, stdout } = await cli(['bench', ...args, '--out', 'cal'], { cwd: folder });
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^cal\/simple-calibration-\w+: 6 runs at 6 loads/),
    ]);
    expect(stderr).toMatch(/full 1: .*light 1: .*half 1: .*heavy 1: /su);
    const written = stdout.slice(0, stdout.indexOf(':'));
    const planned = await cli(['plan', '--per-day', '1M', '--from', written, '--allow-noise', '--json'], {
      cwd: folder,
    });
    // A starved machine makes runs too short to plan from; it is told so.
    const workload = planned.status === 0 ? JSON.parse(planned.stdout).workload : undefined;
    if (workload === undefined) expect(planned.stderr).toMatch(/cannot carry a plan/);
    else
      expect([workload.anchors.length, workload.saturation.inFlight]).toEqual([
        expect.any(Number),
        expect.any(Number),
      ]);
  });

  it('sweeps over the number in flight and writes a page and Markdown of it', async () => {
    const [html, md] = [join(folder, 'sweep.html'), join(folder, 'sweep.md')];
    const documents = ['--html', html, '--md', md];
    const load = ['--sweep', 'concurrency=1,2', '--count', '20', '--warmup', '0s', '--allow-noise'];
    const { status, stdout } = await cli([
      'bench',
      '--url',
      url,
      ...load,
      ...documents,
      '--json',
      '--out',
      folder,
    ]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ kind: 'sweep', axis: 'concurrency', exit_code: 0 });
    expect(report.points.map(({ concurrency }: { concurrency: number }) => concurrency)).toEqual([1, 2]);
    expect(status).toBe(0);
    expect(await readFile(html, 'utf8')).toContain('Throughput against concurrency');
    expect(await readFile(md, 'utf8')).toMatch(/^# http over concurrency: /);
  });

  it('runs a scenario with a hostile tenant with it and without it, and compares what the others feel', async () => {
    const out = join(folder, 'neighbours');
    const html = join(folder, 'neighbours.html');
    const load = ['--scenario', 'hostile-neighbour', '--repeat', '1', '--duration', '1s', '--warmup', '0s'];
    const { status, stdout } = await cli([
      'bench',
      ...load,
      '--client-timeout',
      '20s',
      '--allow-noise',
      '--html',
      html,
      '--json',
      '--out',
      out,
    ]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ kind: 'compare', neighbours: { hostile: ['hostile'] } });
    const files = await readdir(out);
    const read = async (name: string) => {
      const file = files.find((other) => other.endsWith(`${name}-1.json`)) ?? '';
      return JSON.parse(await readFile(join(out, file), 'utf8'));
    };
    const [quiet, hostile] = [await read('quiet'), await read('hostile')];
    expect(quiet.scenario.left_out).toEqual(['hostile']);
    const tenants = (run: typeof quiet): string[] =>
      run.latency
        .map(({ scope }: { scope: string }) => scope)
        .filter((scope: string) => scope === 'tenant:hostile');
    expect(tenants(quiet)).toEqual([]);
    expect(tenants(hostile)).toEqual(['tenant:hostile']);
    expect(quiet.counts.asked_n).toBeLessThan(hostile.counts.asked_n);
    expect(await readFile(html, 'utf8')).toContain('the others beside hostile');
    // A threshold of the scenario may be missed on a starved machine.
    expect([0, 99]).toContain(status);
  });

  it('refuses --repeat for a scenario without a hostile tenant', async () => {
    const { status, stderr } = await cli(['bench', '--scenario', 'simple', '--repeat', '3', '--out', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain('--repeat: expected to be given with');
  });

  it('replays the intended starts of a run', async () => {
    const out = join(folder, 'replay');
    const args = ['bench', '--url', url, '--allow-noise', '--json', '--out', out];
    const first = await cli([...args, '--warmup', '0s', '--rate', '100', '--count', '20', '--seed', '5']);
    const [file = ''] = await readdir(out);
    const again = await cli([...args, '--replay', join(out, file)]);
    const [a, b] = [JSON.parse(first.stdout), JSON.parse(again.stdout)];
    expect(b.scenario).toEqual(a.scenario);
    expect(b.counts.asked_n).toBe(20);
  });

  it('compares with a baseline from too few runs without claiming anything', async () => {
    const out = join(folder, 'baseline');
    const args = [
      'bench',
      '--url',
      url,
      '--rate',
      '200',
      '--count',
      '40',
      '--warmup',
      '0s',
      '--allow-noise',
      '--out',
      out,
    ];
    await cli(args);
    const [file = ''] = await readdir(out);
    const { status, stderr, stdout } = await cli([...args, '--baseline', join(out, file), '--repeat', '1']);
    expect(stderr).toContain('fewer than 4 runs a side');
    expect(stdout).toMatch(/^p50 .* cannot tell /m);
    expect(status).toBe(0);
  });

  it('counts the answers that autocannon gets', async () => {
    const args = ['--driver', 'autocannon', '--concurrency', '2', '--duration', '1s', '--json'];
    const { status, stdout } = await cli(['bench', '--url', url, ...args]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ kind: 'probe', errors_n: 0, other_status_n: 0 });
    expect(report.ok_n).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it.each([
    [
      'two modes at once',
      ['--sweep', 'workers=1', '--search', 'p99<1s'],
      /--search, --sweep: expected one of them/,
    ],
    ['a sweep of nothing', ['--sweep', 'workers='], /--sweep: expected workers=1,2,4/],
    ['a stage that is none', ['--stage', '5@5'], /--stage: expected a stage such as/],
    ['one side', ['--ab', 'simple'], /--ab: expected two scenarios, got 1/],
    [
      'workers of a service',
      ['--url', 'http://x', '--sweep', 'workers=1,2'],
      /--sweep: expected concurrency/,
    ],
  ])('refuses %s', async (_what, args, message) => {
    const { status, stderr } = await cli(['bench', ...args, '--out', folder]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('enclave bench --ab', () => {
  it('runs two scenarios in turn in fresh pools and compares them', async () => {
    const out = join(folder, 'ab');
    const load = ['--rate', '50', '--count', '20', '--warmup', '0s', '--workers', '1', '--allow-noise'];
    const { status, stderr, stdout } = await cli([
      'bench',
      '--ab',
      'simple',
      'cpu',
      '--repeat',
      '1',
      ...load,
      '--out',
      out,
    ]);
    expect(stderr).toMatch(/run a1: .*\nrun b1: /);
    expect(unwrapped(stdout)).toMatch(/^p50 .* cannot tell .*1 against 1 runs/m);
    expect(status).toBe(0);
    const names = await readdir(out);
    expect(names.filter((name) => /-[ab]1\.json$/.test(name))).toHaveLength(2);
    expect(names.filter((name) => name.endsWith('.compare.json'))).toHaveLength(1);
  });
});

describe('enclave compare', () => {
  it('says that every metric of five slower runs is worse, and exits 99 when asked to', async () => {
    const write = async (name: string, ms: number): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, JSON.stringify(buildTestReport(ms)));
      return path;
    };
    const a = await Promise.all([10, 10.1, 10.2, 10.3, 10.4].map((ms, index) => write(`a${index}.json`, ms)));
    const b = await Promise.all([20, 20.1, 20.2, 20.3, 20.4].map((ms, index) => write(`b${index}.json`, ms)));
    const { status, stdout } = await cli(['compare', ...a, '--with', ...b, '--fail-on-worse']);
    expect(unwrapped(stdout)).toMatch(
      /^p99 +10\.2 ms -> 20\.2 ms +\+98(\.\d)? % .* worse \(p 0\.0\d+; 5 against 5 runs\)$/m,
    );
    expect(status).toBe(99);
  });

  it('takes folders as sides, and shows the saved comparison again as a page', async () => {
    const sides = [10, 20].map((ms) => ({ path: join(folder, `side-${ms}`), ms }));
    for (const { ms, path } of sides) {
      await mkdir(path);
      for (let run = 0; run < 5; run++)
        await writeFile(join(path, `r${run}.json`), JSON.stringify(buildTestReport(ms + run / 10)));
    }
    const page = join(folder, 'compare.html');
    const paths = sides.map(({ path }) => path);
    const { status, stdout } = await cli(['compare', ...paths, '--json', '--html', page]);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'compare', a: { runs_n: 5 }, b: { runs_n: 5 } });
    expect(status).toBe(0);
    const written = await readFile(page, 'utf8');
    expect(written).toContain('WORSE');
    const saved = join(folder, 'saved.compare.json');
    await writeFile(saved, stdout);
    const again = await cli(['report', saved, '--html', '-']);
    // The data block follows the order of the parser's fields.
    const drawn = (html: string): string => html.slice(0, html.indexOf('<script'));
    expect(drawn(again.stdout) === drawn(written)).toBe(true);
  });
});
