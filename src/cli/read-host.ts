// Facts of this host for `enclave doctor`. What cannot be read is undefined, never a guess.
import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import type { HostFacts } from '../deploy/host-profiles.ts';
import { type Limit, type ReadFile, readCgroupLimits } from './read-cgroup.ts';

/** @param root - in place of `/`, for `proc` and `sys` */
export function readHost(env: Readonly<Record<string, string | undefined>>, root = '/'): HostFacts {
  const readFile: ReadFile = (path) => {
    try {
      return { text: readFileSync(join(root, path), 'utf8').trim() };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable';
    }
  };
  const read = (path: string): string | undefined => {
    const file = readFile(path);
    return typeof file === 'string' ? undefined : file.text;
  };
  const limits = readCgroupLimits(readFile);
  const huge = read('sys/kernel/mm/transparent_hugepage/enabled');
  const kernel = /^(\d+)\.(\d+)/u.exec(read('proc/sys/kernel/osrelease') ?? '');
  return {
    cores: within(availableParallelism(), limits.cores),
    memoryBytes: within(totalmem(), limits.memoryBytes),
    openFiles: openFiles(read('proc/self/limits')),
    somaxconn: whole(read('proc/sys/net/core/somaxconn')),
    tcpPressurePages: whole(read('proc/sys/net/ipv4/tcp_mem')?.split(/\s+/u)[1]),
    calmHugePages: huge === undefined ? undefined : huge.includes('[always]') ? 0 : 1,
    kernel: kernel === null ? undefined : Number(kernel[1]) * 1_000 + Number(kernel[2]),
    nodeMajor: whole(process.versions.node.split('.')[0]),
    prlimit: isOnPath('prlimit', env['PATH']) ? 1 : 0,
    permissionModel: process.allowedNodeEnvironmentFlags.has('--permission') ? 1 : 0,
  };
}

/** A limit that cannot be told makes the amount unknown: the machine may have more than this process gets. */
function within(machine: number, limit: Limit): number | undefined {
  if (limit === undefined) return undefined;
  return limit === 'none' ? machine : Math.min(machine, limit);
}

function openFiles(limits: string | undefined): number | undefined {
  const soft = /^Max open files\s+(\S+)/mu.exec(limits ?? '')?.[1];
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : whole(soft);
}

/** A count; undefined for `max`, -1 and everything else. */
function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/u.test(text) ? Number(text) : undefined;
}

function isOnPath(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
