import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from './cli.ts';

const PLAN = ['plan', '--per-day', '5M', '--capacity', '200/s', '--slo', 'p99=100ms'];
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-emit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('enclave plan --emit', () => {
  it('lists what it wrote with hashes, and the scenario passes its check', async () => {
    const { status, stdout } = await cli([...PLAN, '--json', '--emit', 'fleet'], { cwd: folder });
    expect(status).toBe(0);
    const { manifests } = JSON.parse(stdout) as {
      readonly manifests: readonly { readonly path: string; readonly sha256: string }[];
    };
    expect(manifests.length).toBeGreaterThan(10);
    for (const { path, sha256 } of manifests) {
      const bytes = await readFile(join(folder, 'fleet', path));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    const check = await cli(['scenarios', 'check', 'fleet/scenario/plan-retest.json'], { cwd: folder });
    expect(check).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends with 2 and prints no plan when the folder cannot be written', async () => {
    const { status, stdout, stderr } = await cli([...PLAN, '--emit', '/proc/none/fleet'], { cwd: folder });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('--emit: expected a new or empty folder');
  });

  it('writes nothing for a plan over budget', async () => {
    const { status, stderr } = await cli([...PLAN, '--budget', '1', '--emit', 'dear'], { cwd: folder });
    expect(status).toBe(3);
    expect(stderr).toContain('over budget');
    await expect(access(join(folder, 'dear'))).rejects.toThrow('ENOENT');
  });
});
