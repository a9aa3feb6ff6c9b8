// Facts of this host for `enclave doctor`. What cannot be read is undefined, never a guess.
import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import type { HostFacts } from '../deploy/host-profiles.ts';

/** @param root - in place of `/`, for `proc` and `sys` */
export function readHost(env: Readonly<Record<string, string | undefined>>, root = '/'): HostFacts {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(join(root, path), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  const huge = read('sys/kernel/mm/transparent_hugepage/enabled');
  const kernel = /^(\d+)\.(\d+)/u.exec(read('proc/sys/kernel/osrelease') ?? '');
  return {
    cores: Math.min(availableParallelism(), cpuQuota(read) ?? Infinity),
    memoryBytes: Math.min(totalmem(), memoryLimit(read) ?? Infinity),
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

type Read = (path: string) => string | undefined;

/** cgroup v2, else v1; undefined without a quota. */
function cpuQuota(read: Read): number | undefined {
  const [v2Quota, v2Period] = read('sys/fs/cgroup/cpu.max')?.split(' ') ?? [];
  const quota = whole(v2Quota) ?? whole(read('sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period = whole(v2Period) ?? whole(read('sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return quota === undefined || period === undefined || period === 0 ? undefined : quota / period;
}

/** cgroup v2, else v1, which writes a huge number for none. */
function memoryLimit(read: Read): number | undefined {
  return whole(read('sys/fs/cgroup/memory.max')) ?? whole(read('sys/fs/cgroup/memory/memory.limit_in_bytes'));
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
