import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EXIT_STATUSES, FAULT_CODES, OUTCOME_CODES } from '../../src/errors.ts';
import { cli, ROOT } from './cli.ts';

describe('enclave', () => {
  it('shows its commands and where help is', async () => {
    const { status, stdout } = await cli(['--help']);
    expect(status).toBe(0);
    for (const command of ['run', 'bench', 'plan', 'scenarios', 'tools'])
      expect(stdout).toContain(`  ${command} `);
  });

  it('prints the help of a command on stdout with status 0', async () => {
    const { status, stdout, stderr } = await cli(['help', 'run']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage: enclave run');
  });

  it('is a usage error without a command', async () => {
    const { status, stdout, stderr } = await cli([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: enclave');
  });

  it('offers the nearest name for an unknown command', async () => {
    const { status, stderr } = await cli(['bensh']);
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean "bench"?');
  });

  it('gives 2, not commander’s 1, for an unknown option', async () => {
    const { status, stderr } = await cli(['run', 'x.js', '--nope']);
    expect(status).toBe(2);
    expect(stderr).toContain('--nope');
  });

  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8'));
    expect(await cli(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('prints every exit status and every code from the tables', async () => {
    const [statuses, codes] = await Promise.all([cli(['help', 'exit-codes']), cli(['help', 'codes'])]);
    for (const { status, meaning } of EXIT_STATUSES)
      expect(statuses.stdout).toMatch(`${status} `.trim() && meaning);
    for (const code of [...Object.keys(OUTCOME_CODES), ...Object.keys(FAULT_CODES)])
      expect(codes.stdout).toContain(code);
  });

  it('gives every code an exit status that the table explains', () => {
    const known = new Set(EXIT_STATUSES.map(({ status }) => status));
    const unexplained = Object.entries({ ...OUTCOME_CODES, ...FAULT_CODES }).filter(
      ([, { exitCode }]) => !known.has(exitCode),
    );
    expect(unexplained).toEqual([]);
  });
});
