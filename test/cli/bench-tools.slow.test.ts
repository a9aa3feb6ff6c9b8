// `enclave bench` with tools of one's own: they serve the scenario's scripts in place of the simulated ones.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRunReport } from '../../src/report/parse-run-report.ts';
import { cli, ROOT } from './cli.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enclave-bench-tools-'));
  await scenario('mcp.json', "return (await callTool('srv:add', { a: 1, b: 2 })).sum");
  await scenario('file.json', "return (await callTool('getPrice', { fruit: 'pear' })).cents");
  const server = { command: process.execPath, args: [join(ROOT, 'test/fixtures/mcp/stdio.ts')] };
  await writeFile(join(dir, 'servers.json'), JSON.stringify({ mcpServers: { srv: server } }));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function scenario(file: string, source: string): Promise<void> {
  const script = `${file.replace('.json', '')}.js`;
  await writeFile(join(dir, script), source);
  await writeFile(
    join(dir, file),
    JSON.stringify({
      name: 'own-tools',
      purpose: 'Calls a tool that is not simulated.',
      scripts: [{ id: 'only', file: script }],
      load: { phases: [{ name: 'steady', rate: 20, durationMs: 1_000 }] },
    }),
  );
}

describe('enclave bench', () => {
  it.each([
    ['--mcp', ['mcp.json', '--mcp', 'servers.json']],
    ['--tools', ['file.json', '--tools', join(ROOT, 'examples/tools.ts')]],
  ])('serves the scripts with the tools of %s', async (_flag, args) => {
    const load = [
      '--concurrency',
      '2',
      '--count',
      '10',
      '--warmup',
      '0s',
      '--workers',
      '1',
      '--allow-noise',
      '--json',
    ];
    const { status, stdout, stderr } = await cli(['bench', '--scenario', ...args, ...load], { cwd: dir });
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
    const { counts } = parseRunReport(JSON.parse(stdout), 'stdout');
    expect(counts.ok_n).toBe(10);
  });

  it('counts a tool that is not there as a failure of the script', async () => {
    const load = [
      '--concurrency',
      '1',
      '--count',
      '3',
      '--warmup',
      '0s',
      '--workers',
      '1',
      '--allow-noise',
      '--json',
    ];
    const args = ['bench', '--scenario', 'mcp.json', '--tools', join(ROOT, 'examples/tools.ts'), ...load];
    const { stdout } = await cli(args, { cwd: dir });
    expect(parseRunReport(JSON.parse(stdout), 'stdout').counts.ok_n).toBe(0);
  });

  it('refuses them where the tools are somebody else’s', async () => {
    for (const place of [
      ['--broker', 'http://127.0.0.1:9', '--scenario', 'mcp.json'],
      ['--url', 'http://127.0.0.1:9'],
      ['--ab', 'mcp.json', 'file.json'],
    ]) {
      const { status, stderr } = await cli(['bench', ...place, '--mcp', 'servers.json'], { cwd: dir });
      expect(stderr).toContain('--mcp: expected not to be given with');
      expect(status).toBe(2);
    }
  });
});
