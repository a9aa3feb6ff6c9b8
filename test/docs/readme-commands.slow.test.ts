// The commands of the README that take their time, one after the other in one folder, as a reader would type them.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/cli.ts';
import { findSnippets } from './snippets.ts';

const INVALID_MEASUREMENT = 98;
const readme = findSnippets(await readFile(join(ROOT, 'README.md'), 'utf8'));
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enclave-readme-'));
  await cp(join(ROOT, 'examples'), join(dir, 'examples'), { recursive: true });
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** The one block of the README that begins with `enclave <command> --`, run from source. */
function runBlock(start: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const block = readme.find(({ language, text }) => language === 'sh' && text.startsWith(start));
  if (block === undefined) throw new Error(`the README has no block that begins with ${start}`);
  const script = `enclave() { "${process.execPath}" "${join(ROOT, 'src/cli/entry.ts')}" "$@"; }\n${block.text}`;
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { cwd: dir }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('the commands of the README', () => {
  it('run the example with its tools', async () => {
    const { status, stdout } = await runBlock('enclave run examples/');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ totalCents: 2 * 120 + 5 * 40 });
  });

  it('measure, and plan from what was measured, or say that the machine was too busy for it', async () => {
    const bench = await runBlock('enclave bench --');
    const plan = await runBlock('enclave plan --');
    if (bench.status === INVALID_MEASUREMENT) {
      expect(bench.stdout).toContain('INVALID');
      expect(plan).toMatchObject({ status: 2, stderr: expect.stringContaining('UNSUITABLE_REPORT') });
    } else {
      expect(bench).toMatchObject({ status: 0, stdout: expect.stringContaining('VALID') });
      expect(plan).toMatchObject({ status: 0, stdout: expect.stringMatching(/^MET .*\n/u) });
    }
  });
});
