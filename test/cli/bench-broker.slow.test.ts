// `enclave bench --broker` against `enclave serve`, both as users start them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunReport } from '../../src/report/parse-run-report.ts';
import { cli, ENTRY } from './cli.ts';

describe('enclave bench --broker', () => {
  let folder = '';
  let server: ChildProcess;
  let url = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-broker-bench-'));
    server = spawn(process.execPath, [ENTRY, 'serve', '--tools', 'scenario:tools', '--port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [line] = await once(server.stderr ?? server, 'data');
    url = /http:\/\/\S+/.exec(String(line))?.[0] ?? '';
    for (let ready = false; !ready; await new Promise((resolve) => setTimeout(resolve, 50)))
      ready = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
  }, 60_000);
  afterAll(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
    await rm(folder, { recursive: true });
  }, 60_000);

  const bench = (...args: readonly string[]): ReturnType<typeof cli> =>
    cli(['bench', '--broker', url, ...args, '--warmup', '0s', '--allow-noise', '--out', folder]);

  it('runs a scenario there, with the tools of the broker', async () => {
    const { status, stderr, stdout } = await bench(
      '--scenario',
      'tools',
      '--rate',
      '20',
      '--count',
      '20',
      '--json',
    );
    const report = parseRunReport(JSON.parse(stdout));
    expect(stderr).toBe('');
    expect(report.counts).toMatchObject({ asked_n: 20, ok_n: 20, failed: {} });
    expect(report.target).toMatchObject({ driver: 'broker', address: url, pool_size_n: null });
    // The tools of the scenario were called there: two calls of some milliseconds in every execution.
    expect(report.cost.tool_calls_mean_n).toBe(2);
    expect(report.cost.embedding_cpu_mean_us).toBeNull();
    expect(report.latency.find(({ metric }) => metric === 'first')?.n).toBe(20);
    expect(status).toBe(0);
  }, 60_000);

  it('refuses, before any load, a scenario whose tools the broker lacks', async () => {
    const { status, stderr } = await bench('--scenario', 'io', '--count', '5');
    expect(stderr).toMatch(/--broker: expected the tools of the scenario there, missing fetchPage/);
    expect(stderr).toMatch(/enclave serve --tools scenario:io/);
    expect(status).toBe(2);
  });

  it('says that nobody answers at an address, without its password', async () => {
    const { status, stderr } = await cli([
      'bench',
      '--broker',
      'http://me:pw@127.0.0.1:9',
      '--scenario',
      'tools',
      '--out',
      folder,
    ]);
    expect(stderr).toMatch(/CONNECTION_LOST.*nobody answers at http:\/\/127\.0\.0\.1:9/);
    expect(stderr).not.toContain('pw');
    expect(status).not.toBe(0);
  });
});
