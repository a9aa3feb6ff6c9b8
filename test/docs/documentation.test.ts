// The documentation is run: what a page promises as output is what comes out.
import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/cli.ts';
import { findSnippets } from './snippets.ts';

const ENTRY = join(ROOT, 'src/cli/entry.ts');
const HOOK = fileURLToPath(new URL('source-hook.ts', import.meta.url));

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...(await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const snippets = (
  await Promise.all(
    pages.map(async (page) =>
      findSnippets(await readFile(join(ROOT, page), 'utf8')).map((snippet) => ({ page, ...snippet })),
    ),
  )
).flat();

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'enclave-docs-'));
  await cp(join(ROOT, 'examples'), join(dir, 'examples'), { recursive: true });
  // Programs and servers of examples import packages as those of a user's project do.
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  await mkdir(join(dir, 'bin'));
  await writeFile(join(dir, 'bin/enclave'), `#!/bin/sh\nexec "${process.execPath}" "${ENTRY}" "$@"\n`);
  await chmod(join(dir, 'bin/enclave'), 0o755);
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env['PATH']}`, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: dir, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

describe('documentation', () => {
  const shell = snippets.filter(({ language, output }) => language === 'sh' && output !== undefined);
  it.each(shell)('$page:$line prints what the page shows', async ({ text, output }) => {
    const lines = (printed: string | undefined) =>
      printed
        ?.trimEnd()
        .split('\n')
        .map((line) => line.trimEnd());
    expect(lines(await run('sh', ['-c', text]))).toEqual(lines(output));
  });

  const programs = snippets.filter(({ marks }) => marks.includes('run'));
  it.each(programs)('$page:$line runs and prints what its comments say', async ({ line, text }) => {
    const file = join(dir, `snippet-${line}.ts`);
    await writeFile(file, text);
    const printed = await run(process.execPath, ['--import', HOOK, file]);
    const promised = [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map((match) => match[1]);
    expect(printed.trimEnd().split('\n')).toEqual(promised);
  });

  const files = snippets.flatMap(({ page, line, marks, text }) =>
    marks
      .filter((mark) => mark.startsWith('file='))
      .map((mark) => ({ page, line, text, file: mark.slice('file='.length) })),
  );
  it.each(files)('$page:$line shows $file as it is', async ({ file, text }) => {
    expect(text).toBe(await readFile(join(ROOT, file), 'utf8'));
  });

  it.each(pages)('%s links only to files that exist', async (page) => {
    const text = await readFile(join(ROOT, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/gu)].map((match) => match[1] ?? '');
    const missing: string[] = [];
    for (const link of links) {
      await access(join(ROOT, dirname(page), link)).catch(() => missing.push(link));
    }
    expect(missing).toEqual([]);
  });

  it('has snippets of each kind, so that none of these checks is empty', () => {
    expect([shell.length, programs.length, files.length].every((count) => count > 0)).toBe(true);
  });
});
