// Runs docs/tools.md: writes its files, runs its commands and programs, compares what they print with what the page shows.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Fence {
  readonly language: string;
  /** `file=NAME` or `run`. */
  readonly role: string;
  readonly text: string;
  /** Text of the next fence when that has no language: what is printed. */
  readonly expected: string | undefined;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(ROOT, 'docs/tools.md'), 'utf8');
const fences = readFences(page);
let folder = '';

function readFences(text: string): Fence[] {
  const found = [...text.matchAll(/^```(\w*) ?(\S*)\n(.*?)^```$/gmsu)];
  return found.map(([, language = '', role = '', body = ''], index) => {
    const next = found[index + 1];
    return { language, role, text: body, expected: next?.[1] === '' ? next[3] : undefined };
  });
}

async function run(fence: Fence): Promise<string> {
  const env = {
    PATH: `${join(folder, 'bin')}:${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    HOME: folder,
  };
  const preload = ['--import', join(ROOT, 'test/fixtures/own-entries.ts')];
  if (fence.language === 'ts') await writeFile(join(folder, 'program.ts'), fence.text);
  const [file, args] =
    fence.language === 'sh' ? ['sh', ['-ec', fence.text]] : [process.execPath, [...preload, 'program.ts']];
  const { stdout } = await promisify(execFile)(file, args, { cwd: folder, env, timeout: 25_000 });
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-docs-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(
    join(folder, 'bin/enclave'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'src/cli/entry.ts')}" "$@"\n`,
  );
  await chmod(join(folder, 'bin/enclave'), 0o755);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  for (const { role, text } of fences)
    if (role.startsWith('file=')) await writeFile(join(folder, role.slice('file='.length)), text);
});

afterAll(() => rm(folder, { recursive: true }));

describe('docs/tools.md', () => {
  const runs = fences.filter(({ role }) => role === 'run');

  it('shows what each of its commands and programs prints', () => {
    expect(runs.length).toBeGreaterThanOrEqual(6);
    expect(runs.filter(({ expected }) => expected === undefined)).toEqual([]);
  });

  it.each(runs.map((fence) => [fence.text.split('\n')[0], fence] as const))(
    'prints what it says: %s',
    async (_, fence) => {
      expect(await run(fence)).toBe(fence.expected);
    },
  );
});
