import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hostLauncher } from '../../src/pool/host-launcher.ts';

describe('hostLauncher()', () => {
  it('denies a host files, processes and variables', () => {
    const { execPath, execArgv } = hostLauncher(4e9);
    const program = new URL('../fixtures/programs/try-escape.ts', import.meta.url).pathname;
    const output = execFileSync(execPath, [...execArgv, program], { env: {}, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([]);
  });
});
