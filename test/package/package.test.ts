// The packed tarball, installed into an empty folder, runs: what a user of the registry gets.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/cli.ts';

const exec = promisify(execFile);
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enclave-pack-'));
  // `prepare` builds dist/ first.
  const { stdout } = await exec('npm', ['pack', '--json', '--pack-destination', dir], { cwd: ROOT });
  const packed: unknown = JSON.parse(stdout.slice(stdout.indexOf('[')));
  const [{ filename }] = packed as [{ filename: string }];
  await writeFile(join(dir, 'package.json'), '{"name": "empty", "private": true, "type": "module"}');
  await exec('npm', ['install', '--no-audit', '--no-fund', join(dir, filename)], { cwd: dir });
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

describe('the packed tarball', () => {
  it('runs a script from the command line', async () => {
    await writeFile(join(dir, 'script.ts'), 'const n: number = 6; return n * 7;');
    const { stdout } = await exec('npx', ['enclave', 'run', 'script.ts'], { cwd: dir });
    expect(stdout).toBe('42\n');
  });

  it('serves as a library', async () => {
    await writeFile(
      join(dir, 'main.js'),
      `import { Enclave } from 'enclave';
       const enclave = new Enclave({ toolHandler: (name, args) => args.n + 1 });
       const { value } = await enclave.run('return await callTool("next", { n: 41 })');
       console.log(value);
       await enclave.dispose();`,
    );
    const { stdout } = await exec(process.execPath, ['main.js'], { cwd: dir });
    expect(stdout).toBe('42\n');
  });

  it('lists and serves the tools of a file through its tools entry', async () => {
    await writeFile(
      join(dir, 'my-tools.ts'),
      `import { defineTool } from 'enclave';
       import { z } from 'zod';
       export const double = defineTool({
         name: 'double',
         description: 'Twice a number',
         args: z.object({ n: z.number() }),
         result: z.object({ n: z.number() }),
         handler: ({ n }: { n: number }) => ({ n: 2 * n }),
       });`,
    );
    await writeFile(
      join(dir, 'tools.js'),
      `import { createPool, createToolHandler } from 'enclave';
       import { describeTools, loadToolsFile, openMcpServers, toolDeclarations } from 'enclave/tools';
       const tools = await loadToolsFile('my-tools.ts', process.cwd());
       await using servers = await openMcpServers([], { secrets: () => undefined });
       const toolHandler = createToolHandler({ tools: [...tools, ...servers.tools], secrets: () => undefined });
       await using pool = createPool({ poolSize: 1, toolHandler });
       const { value } = await pool.execute({ source: 'return (await callTool("double", { n: 21 })).n' });
       console.log(value, toolDeclarations(describeTools(tools)).includes('callTool(name: "double"'));`,
    );
    const { stdout } = await exec(process.execPath, ['tools.js'], { cwd: dir });
    expect(stdout).toBe('42 true\n');
    const listed = await exec('npx', ['enclave', 'tools', 'list', '--tools', 'my-tools.ts', '--json'], {
      cwd: dir,
    });
    expect(JSON.parse(listed.stdout)).toMatchObject({ tools: [{ name: 'double' }] });
  });

  it('runs scripts inside the process that embeds it', async () => {
    await writeFile(
      join(dir, 'in-process.js'),
      `import { Enclave } from 'enclave';
       const enclave = new Enclave({ inProcess: true });
       console.log((await enclave.run('return 6 * 7')).value);
       await enclave.dispose();`,
    );
    const { stdout } = await exec(process.execPath, ['--no-node-snapshot', 'in-process.js'], { cwd: dir });
    expect(stdout).toBe('42\n');
  });

  it('measures through its bench entry', async () => {
    await writeFile(
      join(dir, 'bench.js'),
      `import { createPool } from 'enclave';
       import { createSimulatedTools, loadScenario, planLoad, runBench } from 'enclave/bench';
       const scenario = await loadScenario('simple');
       const plan = planLoad(scenario, { concurrency: 1, count: 5, warmupMs: 0 });
       await using executor = createPool({ poolSize: 1 });
       const target = { driver: 'local', pool_size_n: 1, isolation: 'isolate' };
       const { signal } = new AbortController();
       const { report } = await runBench({ scenario, plan, executor, target, signal, argv: [] });
       console.log(report.counts.ok_n);`,
    );
    const { stdout } = await exec(process.execPath, ['bench.js'], { cwd: dir });
    expect(stdout).toBe('5\n');
  });

  it('finds the scenarios and prices that are shipped with it', async () => {
    const { stdout } = await exec('npx', ['enclave', 'scenarios', 'list'], { cwd: dir });
    expect(stdout).toContain('tools');
    const plan = await exec('npx', ['enclave', 'plan', '--per-day', '5M', '--capacity', '15000/s'], {
      cwd: dir,
    });
    expect(plan.stdout).toContain('173.6');
  });

  it('says in one line what is missing when the Node is too old, and exits with 2', async () => {
    // The file is plain JavaScript that reads process.versions: an older version number is all that differs.
    const old = 'Object.defineProperty(process, "versions", { value: { node: "20.20.2" } });';
    await writeFile(join(dir, 'old.mjs'), old);
    const bin = join(dir, 'node_modules/enclave/bin/enclave.js');
    const failed = await exec(process.execPath, ['--import', join(dir, 'old.mjs'), bin, 'run', 'x.js']).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect((failed as { stderr: string }).stderr).toMatch(
      /^enclave needs Node 24 or newer, and this is 20\.20\.2: .*\n$/u,
    );
  });

  it('passes publint', async () => {
    const { messages } = await publint({ pkgDir: join(dir, 'node_modules/enclave') });
    expect(messages).toEqual([]);
  });
});
