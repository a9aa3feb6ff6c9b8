// `enclave bench --url` as users start it, against servers on the loopback interface.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunReport } from '../../src/report/parse-run-report.ts';
import { cli, ENTRY } from './cli.ts';

describe('enclave bench --url', () => {
  let folder = '';
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    response.statusCode = request.headers.authorization === 'Bearer s3cret' ? 200 : 401;
    response.end('{}');
  });
  let url = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-http-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('measures a service in the open model and hides credentials', async () => {
    const args = ['bench', '--url', `${url}/a?token=s3cret`, '--header', 'authorization: Bearer s3cret'];
    const load = [
      '--rate',
      '50',
      '--count',
      '40',
      '--warmup',
      '0s',
      '--allow-noise',
      '--json',
      '--out',
      folder,
    ];
    const { status, stderr, stdout } = await cli([...args, ...load]);
    expect(stderr).toBe('');
    const report = parseRunReport(JSON.parse(stdout));
    expect(report.counts).toMatchObject({ asked_n: 40, ok_n: 40, failed: {} });
    expect(report.target).toMatchObject({ driver: 'http', address: `${url}/a?token=***` });
    expect(status).toBe(0);
    expect(requests).toBe(40);
    const [file = ''] = await readdir(folder);
    expect(await readFile(join(folder, file), 'utf8')).not.toContain('s3cret');
  });

  // A limit of file sizes fails the write as a full disk does: the empty probe of the folder passes, the report does not.
  it.skipIf(process.platform === 'win32')(
    'shows what it measured when the report cannot be written',
    async () => {
      const out = join(folder, 'full');
      const load = [
        '--rate',
        '50',
        '--count',
        '10',
        '--warmup',
        '0s',
        '--allow-noise',
        '--json',
        '--out',
        out,
      ];
      const args = [
        process.execPath,
        ENTRY,
        'bench',
        '--url',
        url,
        '--header',
        'authorization: Bearer s3cret',
        ...load,
      ];
      const child = spawn('sh', ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect(stderr).toMatch(/FILE_NOT_WRITABLE.*the limit of file sizes is reached/);
      expect(stderr).toContain('the report is the last line of stdout');
      expect(parseRunReport(JSON.parse(stdout)).counts.ok_n).toBe(10);
      expect(status).toBe(2);
      expect(await readdir(out)).toEqual([]);
    },
  );

  it('stops early where nobody listens, says that there is nothing to show, and exits 98', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const out = join(folder, 'refused');
    const args = ['--concurrency', '4', '--duration', '10min', '--warmup', '0s', '--out', out];
    const { status, stdout } = await cli(['bench', '--url', `http://127.0.0.1:${port}`, ...args]);
    expect(stdout).toMatch(/GIVEN UP: the target could not be reached/);
    expect(stdout).toMatch(/empty histogram/);
    expect(stdout).toMatch(/failed CONNECT_REFUSED/);
    expect(status).toBe(98);
    const [file = ''] = await readdir(out);
    const report = parseRunReport(JSON.parse(await readFile(join(out, file), 'utf8')));
    expect(report).toMatchObject({ complete: false, exit_code: 98, counts: { ok_n: 0 } });
    // A pause of 10 ms after each refusal: 4 users cannot ask more than 400 times a second.
    expect(report.counts.done_n).toBeLessThanOrEqual(400 * (report.timing.measured_s + 0.1));
  });
});
