import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, ROOT } from './cli.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enclave-run-'));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function script(name: string, text: string): Promise<string> {
  await writeFile(join(dir, name), text);
  return name;
}

describe('enclave run: results', () => {
  it('prints the result on stdout and the console on stderr', async () => {
    const result = await cli(['run', '-'], {
      stdin: 'console.log("hello"); return await Promise.resolve([1, {a: 2}]);',
    });
    expect(result).toEqual({ status: 0, stdout: '[1,{"a":2}]\n', stderr: 'hello\n' });
  });

  it('hands args to the script', async () => {
    const result = await cli(['run', '-', '--args', '{"a":1,"b":2}'], { stdin: 'return args.a + args.b' });
    expect(result).toMatchObject({ status: 0, stdout: '3\n' });
  });

  it('runs TypeScript by the name of the file', async () => {
    const file = await script(
      'typed.ts',
      'const n: number = 20;\ninterface A { b: string }\nreturn (n as number) + 1;',
    );
    expect(await cli(['run', file], { cwd: dir })).toMatchObject({ status: 0, stdout: '21\n' });
  });

  it('runs the example of the README with its tools', async () => {
    const args = [
      'run',
      'examples/basket.ts',
      '--tools',
      'examples/tools.ts',
      '--args',
      '{"basket":{"apple":2,"plum":5}}',
    ];
    const result = await cli(args, { cwd: ROOT });
    expect(result.status).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ totalCents: 2 * 120 + 5 * 40 });
  });

  it('runs in a context of a warm isolate with --isolation context', async () => {
    const args = ['run', '-', '--json', '--isolation', 'context'];
    const { stdout } = await cli(args, { stdin: 'return 1' });
    expect(JSON.parse(stdout)).toMatchObject({ value: 1, stats: { isolation: 'context' } });
  });

  it('prints the whole outcome with --json', async () => {
    const { stdout, status } = await cli(['run', '-', '--json'], { stdin: 'console.warn("w"); return 1' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'enclave.run/1',
      success: true,
      value: 1,
      stats: { toolCallCount: 0 },
      logs: [{ level: 'warn', text: 'w' }],
    });
  });

  it('streams dense events with --events, the outcome last', async () => {
    const stdin = 'console.log("x"); await callTool("getPrice", {fruit: "pear"}); return 1';
    const { stdout } = await cli(['run', '-', '--events', '--tools', 'examples/tools.ts'], { stdin });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual([
      'queued',
      'started',
      'log',
      'tool_call',
      'tool_result',
      'final',
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.at(-1)).toMatchObject({ outcome: { success: true, value: 1 } });
  });

  it('prints what it cost with --stats', async () => {
    const { stderr } = await cli(['run', '-', '--stats'], { stdin: 'return 1' });
    expect(stderr).toMatch(/^duration .* cpu .* tool calls 0/u);
  });
});

describe('enclave run: scripts that fail', () => {
  it('shows code, message, position, the line with a caret, and no stack or host path', async () => {
    const file = await script('fail.js', 'const user = null;\n\nreturn user.name;\n');
    const { status, stdout, stderr } = await cli(['run', file], { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain("error SCRIPT_ERROR TypeError: Cannot read properties of null (reading 'name')");
    expect(stderr).toContain('at fail.js:3:13');
    expect(stderr).toContain('> 3 | return user.name;\n    |             ^');
    expect(stderr).not.toMatch(/node:|file:\/\/|\/src\/|\/dist\/|node_modules/u);
  });

  it('treats a syntax error as bad input, with its position', async () => {
    const file = await script('syntax.js', 'let a = 1;\nlet b = ;\n');
    const { status, stderr } = await cli(['run', file], { cwd: dir });
    expect(status).toBe(2);
    expect(stderr).toContain('error SYNTAX_ERROR');
    expect(stderr).toContain('at syntax.js:2:9');
  });

  it.each([
    ['a loop', 'for (;;) {}', ['--timeout', '200ms'], 'CPU_TIMEOUT', 10],
    [
      'a promise that never settles',
      'await new Promise(() => {})',
      ['--timeout', '200ms'],
      'WALL_TIMEOUT',
      10,
    ],
    [
      'a memory bomb',
      'const a = []; for (;;) a.push({ a: [1, 2, 3] })',
      // On a busy machine, filling the heap takes more CPU time than the default allows.
      ['--memory', '8MiB', '--cpu-time', '10s'],
      'MEMORY_LIMIT',
      11,
    ],
    ['a large result', 'return "123456789"', ['--max-result', '8B'], 'RESULT_TOO_LARGE', 12],
    ['too many tool calls', 'for (;;) await callTool("x")', ['--max-tool-calls', '0'], 'TOOL_CALL_LIMIT', 12],
    [
      'a large argument',
      'await callTool("x", "123456789")',
      ['--max-tool-args', '8B'],
      'TOOL_ARGS_TOO_LARGE',
      12,
    ],
    ['a large source', 'return 1 // 456789', ['--max-source', '8B'], 'SOURCE_TOO_LARGE', 12],
    ['an unknown tool', 'await callTool("nope", {})', [], 'TOOL_ERROR', 1],
  ])('ends %s with its own code and status', async (_what, stdin, flags, code, exit) => {
    const { status, stdout, stderr } = await cli(['run', '-', ...flags], { stdin });
    expect(stderr).toContain(`error ${code}`);
    expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
  });

  it('cuts the console at --max-console-calls, and an error at --max-error', async () => {
    const stdin = 'for (let i = 0; i < 9; i++) console.log(i); throw new Error("x".repeat(1_000))';
    const flags = ['--max-console-calls', '2', '--max-error', '256B', '--json'];
    const { error, logs, stats } = JSON.parse((await cli(['run', '-', ...flags], { stdin })).stdout);
    expect(logs.map(({ text }: { text: string }) => text)).toEqual(['0', '1']);
    expect(stats.logsTruncated).toBe(true);
    expect(error.message.length).toBeLessThanOrEqual(256);
  });

  it('cannot reach the terminal with escape sequences', async () => {
    const { stderr } = await cli(['run', '-'], {
      stdin: 'console.log("\\x1b[2Jgone"); throw new Error("\\x1b]0;title\\x07")',
    });
    expect(stderr).not.toContain('\u001b');
    expect(stderr).toContain('\\x1b[2Jgone');
  });

  it('ends with 96 when it is interrupted', async () => {
    const result = await cli(['run', '-', '--events'], {
      stdin: 'console.log("waiting"); await new Promise(() => {})',
      onStart: (child) => {
        child.stdout?.on('data', (chunk: string) => {
          if (chunk.includes('waiting')) child.kill('SIGINT');
        });
      },
    });
    expect(result.status).toBe(96);
    expect(result.stdout).toContain('CANCELLED');
  });
});

describe('enclave run: bad input', () => {
  it.each([
    ['a missing file', ['run', 'missing.js'], '[FILE_NOT_READABLE]', 'there is no such file'],
    ['a folder', ['run', '.'], '[FILE_NOT_READABLE]', 'it is a folder'],
    ['an empty script', ['run', '-'], '[INVALID_INPUT]', 'got an empty stdin'],
    ['an absurd time-out', ['run', '-', '--timeout', '1y'], '--timeout', 'got "1y"'],
    ['a time-out without unit', ['run', '-', '--timeout', '5'], '--timeout', 'needs its unit'],
    ['too little memory', ['run', '-', '--memory', '1MiB'], '--memory', 'from 8MiB to 512MiB'],
    ['a negative count', ['run', '-', '--max-tool-calls', '-1'], '--max-tool-calls', 'from 0 to 1000000'],
    [
      'memory in context mode',
      ['run', '-', '--memory', '8MiB', '--isolation', 'context'],
      '--memory',
      '512MiB',
    ],
    ['a result without bound', ['run', '-', '--max-result', '1GiB'], '--max-result', 'to 64MiB'],
    ['broken JSON', ['run', '-', '--args', '{a:1}'], '--args', 'expected JSON'],
    [
      'a missing tools file',
      ['run', 'examples/basket.ts', '--tools', 'no.ts'],
      '[FILE_NOT_READABLE]',
      '"no.ts"',
    ],
    [
      'a tools file without tools',
      ['run', 'examples/basket.ts', '--tools', 'vitest.config.ts'],
      'vitest.config.ts',
      'at least one exported tool',
    ],
  ])('explains %s in one paragraph and exits with 2', async (_what, args, field, expectation) => {
    const { status, stdout, stderr } = await cli(args);
    expect(stderr).toContain(field);
    expect(stderr).toContain(expectation);
    expect(stderr).not.toMatch(/\n\s+at /u);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('reports every bad option at once', async () => {
    const { stderr } = await cli([
      'run',
      '-',
      '--timeout',
      '1y',
      '--memory',
      '5',
      '--args',
      '{',
      '--language',
      'py',
    ]);
    for (const flag of ['--timeout', '--memory', '--args', '--language']) expect(stderr).toContain(flag);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const result = await cli(['run', '-', '--events'], {
      stdin: 'for (let i = 0; i < 500; i++) console.log("x".repeat(100)); return 1',
      onStart: (child) => {
        void once(child, 'spawn').then(() => child.stdout?.destroy());
      },
    });
    expect(result.stderr).toBe('');
  });
});

describe('enclave run: tools of MCP servers', () => {
  const server = join(ROOT, 'test/fixtures/mcp/stdio.ts');

  async function servers(entry: object): Promise<string> {
    return await script('servers.json', JSON.stringify({ mcpServers: { srv: entry } }));
  }

  it('calls them beside those of a tools file, and leaves no process behind', async () => {
    const mcp = await servers({ command: process.execPath, args: [server] });
    const file = await script(
      'both.js',
      `const { sum } = await callTool('srv:add', { a: 1, b: 2 });
       const { cents } = await callTool('getPrice', { fruit: 'pear' });
       return { sum, cents, pid: Number((await callTool('srv:pid')).text) };`,
    );
    const result = await cli(['run', file, '--mcp', mcp, '--tools', join(ROOT, 'examples/tools.ts')], {
      cwd: dir,
    });
    expect(result.status).toBe(0);
    const { sum, cents, pid } = JSON.parse(result.stdout);
    expect({ sum, cents }).toEqual({ sum: 3, cents: 95 });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('gives the script a ToolError with the code of what went wrong', async () => {
    const mcp = await servers({ command: process.execPath, args: [server] });
    const file = await script(
      'failing.js',
      `const codes = [];
       for (const [tool, args] of [['srv:fail', { why: 'x' }], ['srv:add', {}], ['srv:none', {}], ['srv:die', {}]])
         await callTool(tool, args).catch((error) => codes.push([error.name, error.code, error.tool]));
       return codes;`,
    );
    const { stdout } = await cli(['run', file, '--mcp', mcp], { cwd: dir });
    expect(JSON.parse(stdout)).toEqual([
      ['ToolError', 'MCP_TOOL_ERROR', 'srv:fail'],
      ['ToolError', 'INVALID_ARGS', 'srv:add'],
      ['ToolError', 'UNKNOWN_TOOL', 'srv:none'],
      ['ToolError', 'MCP_CONNECTION_CLOSED', 'srv:die'],
    ]);
  });

  it('ends with status 14 where a server cannot be used', async () => {
    const mcp = await servers({ command: process.execPath, args: [server, '--refuse'], env: { KEY: 'k' } });
    const result = await cli(['run', '-', '--mcp', mcp], { cwd: dir, stdin: 'return 1' });
    expect(result.status).toBe(14);
    expect(result.stderr).toContain('srv: ');
    expect(result.stderr).toContain('cannot start with key k');
  });

  it('is interrupted while servers are being started: status 96, none left behind', async () => {
    const pidFile = join(dir, 'pid');
    const mute = await script(
      'mute.mjs',
      `import { writeFileSync } from 'node:fs';
       process.stdin.resume();
       writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`,
    );
    const mcp = await servers({ command: process.execPath, args: [mute] });
    const pid = () => readFile(pidFile, 'utf8').then(Number, () => 0);
    const result = await cli(['run', '-', '--mcp', mcp], {
      cwd: dir,
      stdin: 'return 1',
      onStart: async (child) => {
        await expect.poll(pid, { timeout: 20_000 }).toBeGreaterThan(0);
        child.kill('SIGINT');
      },
    });
    expect(result.status).toBe(96);
    const left = await pid();
    expect(() => process.kill(left, 0)).toThrow('ESRCH');
  });
});
