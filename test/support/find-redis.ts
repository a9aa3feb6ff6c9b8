// Finds a Redis server to start: redis-server or valkey-server on the PATH, else on Debian and its kin the package's own
// files, fetched without root into a cache folder. Absent is a visible skip on a developer's machine, a failure in CI.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface RedisProgram {
  readonly command: string;
  /** Set for the program, so that it finds libraries that came with it. */
  readonly env: Readonly<Record<string, string>>;
}

const HINT = 'install one with: apt-get install -y redis-server';
const FETCH_MS = 120_000;

let found: RedisProgram | undefined;
let isSearched = false;

/** Found once per process. @throws when CI=true and there is none. */
export function findRedis(): RedisProgram | undefined {
  if (!isSearched) {
    isSearched = true;
    found = onPath() ?? fetchFromDebian(cacheFolder());
    if (found === undefined && process.env['CI'] !== 'true')
      console.warn(`skipped: no Redis server; ${HINT}`);
  }
  if (found === undefined && process.env['CI'] === 'true') throw new Error(`no Redis server; ${HINT}`);
  return found;
}

function onPath(): RedisProgram | undefined {
  const command = ['redis-server', 'valkey-server'].find((name) => run(name, ['--version']).status === 0);
  return command === undefined ? undefined : { command, env: {} };
}

/** The same for Valkey, the fork of Redis 7.2: only on the PATH, since Debian has it from version 13 on. Absent is a visible skip. */
export function findValkey(): RedisProgram | undefined {
  if (run('valkey-server', ['--version']).status === 0) return { command: 'valkey-server', env: {} };
  console.warn('skipped: no Valkey server; apt-get install -y valkey-server');
  return undefined;
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'enclave', 'redis');
}

/** Unpacks the package that holds the server, and the libraries it names. `undefined` where there is no apt, or no network. */
export function fetchFromDebian(folder: string): RedisProgram | undefined {
  if (!existsSync(folder)) {
    const depends = run('apt-cache', ['depends', 'redis-tools']);
    if (depends.status !== 0) return undefined;
    const libraries = [...depends.stdout.matchAll(/^ {2}Depends: (lib(?!c6$)\S+)$/gmu)].map(
      (match) => match[1] ?? '',
    );
    mkdirSync(join(folder, '..'), { recursive: true });
    const unfinished = mkdtempSync(`${folder}-`);
    try {
      if (!unpack(unfinished, ['redis-tools', ...libraries])) return undefined;
      // Another process may have been quicker.
      if (!existsSync(folder)) renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  const program = { command: join(folder, 'redis-server'), env: { LD_LIBRARY_PATH: libraryPath(folder) } };
  return run(program.command, ['--version'], folder, program.env).status === 0 ? program : undefined;
}

function unpack(folder: string, packages: readonly string[]): boolean {
  if (run('apt-get', ['download', ...packages], folder).status !== 0) return false;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    if (run('dpkg', ['-x', file, 'files'], folder).status !== 0) return false;
  // One program under several names; Debian keeps this one in another package, which also starts a service.
  symlinkSync(join('files', 'usr', 'bin', 'redis-check-rdb'), join(folder, 'redis-server'));
  return true;
}

function libraryPath(folder: string): string {
  return ['usr/lib', 'lib']
    .map((path) => join(folder, 'files', path))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { withFileTypes: true }).map(({ name }) => join(path, name)))
    .join(':');
}

function run(
  command: string,
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  return spawnSync(command, args, {
    encoding: 'utf8',
    timeout: FETCH_MS,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
}
