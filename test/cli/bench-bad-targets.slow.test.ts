// `enclave bench` against targets and disks that misbehave: a clear message, a report of what was measured, the right status.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunReport } from '../../src/report/parse-run-report.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { type CliResult, cli, ENTRY } from './cli.ts';

let folder = '';
let runs = 0;
const bad: Server = createServer((request, response) => {
  const path = request.url ?? '/';
  if (path === '/redirect') response.writeHead(302, { location: '/ok' }).end();
  else if (path === '/endless') {
    const timer = setInterval(() => response.write('x'.repeat(1_000)), 20);
    response.on('close', () => clearInterval(timer));
  } else if (path === '/silent') request.resume();
  else if (path === '/cut') {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  } else response.end('{}');
});
const notHttp: TcpServer = createTcpServer((socket) => {
  socket.on('error', () => undefined).once('data', () => socket.end('hello\r\n\r\n'));
});

const listen = async (server: Server | TcpServer): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};
let [badHost, tcpHost] = ['', ''];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-bad-'));
  [badHost, tcpHost] = await Promise.all([listen(bad), listen(notHttp)]);
});
afterAll(async () => {
  bad.closeAllConnections();
  bad.close();
  notHttp.close();
  await rm(folder, { recursive: true });
});

interface Outcome extends CliResult {
  /** As it was saved. */
  readonly report: RunReport;
}

async function bench(
  url: string,
  load: readonly string[],
  onStart?: (child: ChildProcess) => void,
): Promise<Outcome> {
  const out = join(folder, String(runs++));
  const args = ['bench', '--url', url, '--warmup', '0s', '--out', out, ...load];
  const result = await cli(args, onStart === undefined ? {} : { onStart });
  const [file = ''] = (await readdir(out)).filter((name) => name.endsWith('Z.json'));
  return { ...result, report: parseRunReport(JSON.parse(await readFile(join(out, file), 'utf8'))) };
}

const CLOSED = ['--concurrency', '2', '--count', '6'];

describe('enclave bench against a target that misbehaves', () => {
  it.each([
    ['a redirect', () => `http://${badHost}/redirect`, 'HTTP_302'],
    ['a body that never ends', () => `http://${badHost}/endless`, 'CLIENT_TIMEOUT'],
    ['silence', () => `http://${badHost}/silent`, 'CLIENT_TIMEOUT'],
    ['an answer cut off in the middle', () => `http://${badHost}/cut`, 'CLOSED_IN_ANSWER'],
    ['an answer that is no HTTP', () => `http://${tcpHost}/`, 'ANSWER_NOT_HTTP'],
    ['plain text where TLS is expected', () => `https://${badHost}/ok`, 'TLS_FAILED'],
    ['a name that does not exist', () => 'http://no-such-host.invalid/', 'DNS_FAILED'],
  ])('counts %s under its own code, says that nothing succeeded, and exits 98', async (_what, url, code) => {
    // Short only where it is what ends the execution: elsewhere a busy machine must not meet it.
    const timeout = code === 'CLIENT_TIMEOUT' ? '400ms' : '20s';
    const { report, status, stdout } = await bench(url(), [...CLOSED, '--client-timeout', timeout]);
    expect(Object.keys(report.counts.failed)).toEqual([code]);
    expect(report.counts.ok_n).toBe(0);
    expect(stdout).toContain('empty histogram: no execution succeeded');
    expect(stdout).toMatch(new RegExp(`failed ${code} \\d`));
    expect(report.exit_code).toBe(98);
    expect(status).toBe(98);
  });

  it('keeps what it measured of a target that dies amid the run, and counts the rest', async () => {
    const dying = createServer((_request, response) => {
      response.end('{}');
      served += 1;
      if (served < 50) return;
      dying.close();
      dying.closeAllConnections();
    });
    let served = 0;
    const load = ['--rate', '100', '--count', '150', '--allow-noise', '--threshold', 'errors<1%'];
    const { report, status, stdout } = await bench(`http://${await listen(dying)}/`, load);
    expect(report.complete).toBe(true);
    expect(report.counts.asked_n).toBe(150);
    expect(report.counts.ok_n).toBeGreaterThanOrEqual(49);
    expect(Object.keys(report.counts.failed).every((code) => /^(CONNECT|CLOSED)_/.test(code))).toBe(true);
    expect(stdout).toMatch(/✗ errors<1%/);
    expect(status).toBe(99);
  });

  it('does not pass off as a result a rate that it cannot generate', async () => {
    const load = ['--rate', '1M', '--duration', '500ms', '--max-in-flight', '50', '--client-timeout', '5s'];
    const { report, status, stdout } = await bench(`http://${badHost}/ok`, load);
    const failed = report.validity.checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
    expect(failed).toEqual(expect.arrayContaining(['late-p99']));
    expect(stdout).toMatch(/GENERATOR-LIMITED|INVALID/);
    expect([97, 98]).toContain(status);
    expect(status).toBe(report.exit_code);
  });

  it('writes a partial report at Ctrl-C', async () => {
    const interrupt = (child: ChildProcess): void => {
      child.stderr?.once('data', () => child.kill('SIGINT'));
    };
    const load = ['--rate', '50', '--duration', '5min', '--progress', '1s', '--allow-noise'];
    const { report, status, stdout } = await bench(`http://${badHost}/ok`, load, interrupt);
    expect(report).toMatchObject({ complete: false, exit_code: 96 });
    expect(stdout).toContain('INTERRUPTED');
    expect(status).toBe(96);
  });
});

describe.skipIf(process.platform !== 'linux')('enclave bench on a full disk', () => {
  const shell = async (script: string, args: readonly string[]): Promise<CliResult> => {
    const child = spawn('sh', ['-c', script, 'sh', process.execPath, ENTRY, 'bench', ...args]);
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { status, ...out };
  };
  const load = ['--rate', '50', '--count', '20', '--warmup', '0s', '--allow-noise'];

  it('says so when stdout has no room, and has kept the report', async () => {
    const out = join(folder, 'stdout');
    const args = ['--url', `http://${badHost}/ok`, ...load, '--json', '--out', out];
    const { status, stderr } = await shell('exec "$@" > /dev/full', args);
    expect(stderr).toMatch(/FILE_NOT_WRITABLE\] stdout: ENOSPC/);
    expect(stderr).not.toMatch(/ {4}at /);
    expect(status).toBe(2);
    expect((await readdir(out)).filter((name) => name.endsWith('Z.json'))).toHaveLength(1);
  });

  it('keeps the report elsewhere when the disk of its folder is full', async () => {
    const out = join(folder, 'tiny');
    await mkdir(out);
    // A file system of one page, seen by this process alone: the empty probe of the folder passes, the report does not.
    const mount = `mount -t tmpfs -o size=4k tmpfs '${out}'`;
    const canMount = await shell(`unshare -rm sh -c "${mount}"`, []);
    if (canMount.status !== 0) return;
    const args = ['--url', `http://${badHost}/ok`, ...load, '--out', out];
    const { status, stderr, stdout } = await shell(
      `unshare -rm sh -c "${mount}"' && exec "$@"' sh "$@"`,
      args,
    );
    const [, kept = ''] = /the report is kept as (\S+\.json)/u.exec(stderr) ?? [];
    expect(stderr).toMatch(/FILE_NOT_WRITABLE.*the disk is full/);
    expect(stdout).toContain('enclave bench · http');
    expect(JSON.parse(await readFile(kept, 'utf8')).counts.ok_n).toBe(20);
    expect(status).toBe(2);
    await rm(dirname(kept), { recursive: true });
  });

  it('keeps the report when only the page finds no room', async () => {
    const out = join(folder, 'page');
    const args = ['--url', `http://${badHost}/ok`, ...load, '--out', out, '--html', join(out, 'run.html')];
    // 64 blocks of 512 bytes: the report fits, the page does not.
    const { status, stderr, stdout } = await shell('ulimit -f 64; exec "$@"', args);
    expect(stdout).toContain('enclave bench · http');
    expect(stderr).toMatch(/FILE_NOT_WRITABLE.*run\.html.*the limit of file sizes is reached/);
    expect(status).toBe(2);
    const names = await readdir(out);
    expect(names.filter((name) => name.endsWith('Z.json'))).toHaveLength(1);
    expect(names.filter((name) => !name.endsWith('Z.json'))).toEqual([]);
  });
});
