// `enclave bench` as users start it: the real binary, the real pool.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunReport } from '../../src/report/parse-run-report.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI; `onReport` may send signals once `marker` was seen on stderr. */
function enclave(args: readonly string[], interruptAfter?: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    const wasSeen = interruptAfter?.test(stderr) ?? true;
    stderr += chunk;
    if (!wasSeen && interruptAfter?.test(stderr) === true) child.kill('SIGINT');
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

describe('enclave bench', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-bench-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('measures the local pool, prints one JSON document and writes the same report', async () => {
    const args = [
      '--scenario',
      'tools',
      '--rate',
      '20',
      '--count',
      '30',
      '--warmup',
      '200ms',
      '--workers',
      '1',
    ];
    const { status, stdout, stderr } = await enclave([
      'bench',
      ...args,
      '--allow-noise',
      '--json',
      '--out',
      folder,
    ]);
    expect(stderr).toBe('');
    const report = parseRunReport(JSON.parse(stdout));
    expect(report.counts).toMatchObject({ asked_n: 30, ok_n: 30, failed: {} });
    expect(report.cost.tool_calls_mean_n).toBe(2);
    expect(report.target).toMatchObject({ driver: 'local, isolated', pool_size_n: 1, isolation: 'isolate' });
    expect(status).toBe(0);
    const [file] = await readdir(folder);
    expect(file).toMatch(/^tools-\d{8}T\d{6}Z\.json$/);
    expect(JSON.parse(await readFile(join(folder, file ?? ''), 'utf8'))).toEqual(JSON.parse(stdout));
  });

  it('writes a partial report at SIGINT and exits 96', async () => {
    const out = join(folder, 'interrupted');
    const args = [
      '--scenario',
      'simple',
      '--rate',
      '20',
      '--duration',
      '10min',
      '--warmup',
      '0s',
      '--workers',
      '1',
    ];
    // The first progress line of a run that is no terminal comes after ten seconds; --progress asks for it every second.
    const { status, stdout } = await enclave(['bench', ...args, '--progress', '1s', '--out', out], /steady/);
    expect(status).toBe(96);
    expect(stdout).toContain('INTERRUPTED');
    const [file] = await readdir(out);
    const report = parseRunReport(JSON.parse(await readFile(join(out, file ?? ''), 'utf8')));
    expect(report).toMatchObject({ complete: false, exit_code: 96 });
    expect(report.counts.ok_n).toBeGreaterThan(0);
    expect(report.counts.abandoned_n).toBe(0);
  });

  it.each([
    ['an unknown scenario', ['--scenario', 'tolls'], /did you mean tools\?/],
    [
      'a rate of 0',
      ['--scenario', 'tools', '--rate', '0'],
      /--rate: expected a value above 0 and up to 1M\/s, got "0"/,
    ],
    [
      'a folder that cannot be written',
      ['--scenario', 'tools', '--out', '/proc/x'],
      /--out: .* got "\/proc\/x"/,
    ],
    ['no scenario', [], /--scenario: expected either --scenario or --url, got neither/],
    [
      'an address that is none',
      ['--url', 'ftp://x'],
      /--url: expected an http:\/\/ or https:\/\/ address, got "ftp:\/\/x"/,
    ],
  ])('refuses %s with exit 2 and no stack', async (_what, args, message) => {
    const { status, stderr, stdout } = await enclave(['bench', ...args]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('enclave scenarios', () => {
  it('lists, shows and checks what ships', async () => {
    const listed = await enclave(['scenarios', 'list']);
    expect(listed.stdout).toMatch(/^tools +\S/m);
    expect((await enclave(['scenarios', 'check', 'tools'])).stdout).toMatch(/^tools: ok /);
    expect(JSON.parse((await enclave(['scenarios', 'show', 'io'])).stdout)).toMatchObject({ name: 'io' });
  });
});
