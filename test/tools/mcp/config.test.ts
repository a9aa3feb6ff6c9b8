import { describe, expect, it } from 'vitest';
import type { EnclaveError } from '../../../src/errors.ts';
import { parseMcpConfig } from '../../../src/tools/mcp/config.ts';

const VALUES: Readonly<Record<string, string>> = { TOKEN: 'tok-123456', HOME: '/home/me', PORT: '80' };
const options = { cwd: '/srv', secrets: (name: string) => VALUES[name] };

/** Joined, because a linter takes them for template strings. */
const plain = (inner: string) => ['$', '{', inner, '}'].join('');
const env = (name: string) => plain(`env:${name}`);

function problemsOf(value: unknown): readonly string[] {
  try {
    parseMcpConfig(value, options);
  } catch (error) {
    return (error as EnclaveError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('parseMcpConfig()', () => {
  it('reads what other clients read', () => {
    const servers = parseMcpConfig(
      {
        mcpServers: {
          files: {
            command: 'npx',
            args: ['-y', 'server', `${env('HOME')}/docs`],
            env: { KEY: `k-${env('TOKEN')}` },
            cwd: 'sub',
          },
          web: {
            type: 'http',
            url: `https://example.org:${env('PORT')}/mcp`,
            headers: { Authorization: `Bearer ${env('TOKEN')}` },
          },
        },
      },
      options,
    );
    expect(servers).toEqual([
      {
        kind: 'stdio',
        name: 'files',
        command: 'npx',
        args: ['-y', 'server', '/home/me/docs'],
        env: { KEY: 'k-tok-123456' },
        cwd: '/srv/sub',
        secrets: ['TOKEN'],
      },
      {
        kind: 'http',
        name: 'web',
        url: new URL('https://example.org:80/mcp'),
        headers: { Authorization: 'Bearer tok-123456' },
        secrets: ['TOKEN'],
      },
    ]);
  });

  it('reports every problem of every server at once, and quotes no value', () => {
    const problems = problemsOf({
      mcpServers: {
        'no:colon': { command: 'x' },
        both: { command: 'x', url: 'http://x/' },
        neither: {},
        typo: { command: 'x', arg: ['s3cr3t'], env: { A: 7 } },
        missing: { command: env('MISSING'), args: [plain('HOME')] },
        bad: { type: 'sse', url: 'ftp://s3cr3t/', headers: { 'not a header': 's3cr3t' } },
        user: { url: 'http://me:s3cr3t@example.org/' },
        list: [],
      },
    });
    expect(problems).toEqual([
      'mcpServers.no:colon: expected a name of 1 to 48 letters, digits, _ - .',
      'mcpServers.both: expected one of command and url, got both',
      'mcpServers.neither: expected one of command and url, got neither',
      'mcpServers.typo.arg: there is no such field here; there are type, command, args, env, cwd',
      'mcpServers.typo.env.A: expected a text, got a number',
      'mcpServers.missing.command: expected an environment variable MISSING, got none',
      'mcpServers.missing.command: expected a program, got an empty text',
      `mcpServers.missing.args[0]: expected ${env('NAME')}, got ${plain('HOME')}`,
      'mcpServers.bad.type: expected http, streamable-http or nothing; the older sse is not supported',
      'mcpServers.bad.url: expected an http or https URL',
      'mcpServers.bad.headers.not a header: expected a valid HTTP header',
      'mcpServers.user.url: expected no user and password in the URL: give them in headers',
      'mcpServers.list: expected an object, got a list',
    ]);
    expect(problems.join()).not.toContain('s3cr3t');
  });

  it.each([[null], [{}], [{ mcpServers: [] }], [{ mcpServers: {} }]])('refuses %j', (value) => {
    expect(problemsOf(value)).toHaveLength(1);
  });

  it('refuses more servers than anyone starts at one time', () => {
    const many = Object.fromEntries(
      Array.from({ length: 33 }, (_, index) => [`s${index}`, { command: 'x' }]),
    );
    expect(problemsOf({ mcpServers: many })).toEqual(['mcpServers: expected 1 to 32 servers, got 33']);
  });
});
