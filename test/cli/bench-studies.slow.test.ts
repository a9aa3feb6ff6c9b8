// `--search` and `--self-test` on the real binary. Both take minutes when they run to their end, so that they are cut short here;
// their procedures are tested on simulated trials and on a manual clock.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReport } from '../../src/report/parse-report.ts';
import { cli } from './cli.ts';

let folder = '';
let url = '';
const server = createServer((_request, response) => response.end('{}'));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-studies-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** One Ctrl-C when the output says so; a second one would end the process at once. */
const interruptAt =
  (pattern: RegExp) =>
  (child: ChildProcess): void => {
    let seen = '';
    const look = (text: string): void => {
      seen += text;
      if (!pattern.test(seen)) return;
      child.stderr?.off('data', look);
      child.kill('SIGINT');
    };
    child.stderr?.on('data', look);
  };

const savedOf = async (out: string): Promise<unknown> => {
  const [name = ''] = (await readdir(out)).filter((file) => /\.(search|self-test)\.json$/.test(file));
  return JSON.parse(await readFile(join(out, name), 'utf8'));
};

describe('enclave bench --search', () => {
  it('answers that no rate holds a goal that none can, with a page of its trials', async () => {
    const out = join(folder, 'search');
    const [html, md] = [join(folder, 'search.html'), join(folder, 'search.md')];
    const goal = ['--search', 'p50<=1us', '--allow-noise', '--max-in-flight', '500'];
    const { status, stderr, stdout } = await cli([
      'bench',
      '--url',
      url,
      ...goal,
      '--out',
      out,
      '--html',
      html,
      '--md',
      md,
    ]);
    expect(stderr).toMatch(/bracket +\S+\/s +4 s {2}fail {2}p50<=1us: /);
    expect(stdout).toMatch(/no capacity: the goals are missed even at /);
    expect(status).toBe(99);
    const report = parseReport(await savedOf(out), 'search');
    expect(report).toMatchObject({
      kind: 'search',
      exit_code: 99,
      search: { state: 'below', confirmed_per_s: null },
    });
    expect(await readFile(html, 'utf8')).toContain('NO CAPACITY');
    expect(await readFile(md, 'utf8')).toMatch(/\| bracket \|/);
  }, 180_000);

  it('keeps the trials it has made when it is interrupted', async () => {
    const out = join(folder, 'interrupted');
    const args = ['bench', '--url', url, '--search', 'p50<=10s', '--allow-noise', '--json', '--out', out];
    const { status, stdout } = await cli(args, { onStart: interruptAt(/bracket.*pass/) });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      kind: 'search',
      complete: false,
      exit_code: 96,
      search: { state: 'interrupted' },
    });
    expect(report.search.trials.length).toBeGreaterThan(0);
    expect(await savedOf(out)).toEqual(report);
    expect(status).toBe(96);
  }, 180_000);
});

describe('enclave bench --self-test', () => {
  it('prints measured against theory law by law, and keeps what it has when it is interrupted', async () => {
    const out = join(folder, 'self-test');
    const html = join(folder, 'self-test.html');
    const { status, stderr, stdout } = await cli(['bench', '--self-test', '--out', out, '--html', html], {
      onStart: interruptAt(/fixed, http/),
    });
    expect(stderr).toMatch(/[✓✗] fixed, executor +p50 +theory +20\.00 {2}measured +\d+\.\d\d/);
    expect(stdout).toMatch(/ of 6 within the limits/);
    const report = parseReport(await savedOf(out), 'self-test');
    expect(report).toMatchObject({ kind: 'self-test', complete: false, exit_code: 96 });
    expect(report.kind === 'self-test' ? report.rows.length : 0).toBe(6);
    expect(await readFile(html, 'utf8')).toContain('INTERRUPTED');
    expect(status).toBe(96);
  }, 120_000);
});
