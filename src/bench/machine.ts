// Facts of the machine a run was made on, and how busy it was with other things. What cannot be read is null, never 0.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Environment } from '../report/run-report.ts';
import { version } from '../version.ts';
import type { ProcessProbe } from './process-probe.ts';

/** Machine, versions, commit and command line, as a run report keeps them. */
export async function readEnvironment(probe: ProcessProbe, argv: readonly string[]): Promise<Environment> {
  const git = await readGit();
  return {
    cpu_model: cpus()[0]?.model.trim() ?? 'unknown',
    cores_n: availableParallelism(),
    cgroup_quota_cores: readCgroupQuota(),
    mem_bytes: totalmem(),
    platform: platform(),
    kernel: release(),
    node: probe.node,
    v8: probe.v8,
    enclave: version,
    git_sha: git.sha,
    git_dirty: git.dirty,
    argv: maskArguments(argv),
    load1_before: platform() === 'win32' ? null : (loadavg()[0] ?? null),
  };
}

/** Flags whose values may be secrets whatever they look like: a header is shown by its name only, a body not at all. */
const SECRET_FLAG = /^(--header|--body)(?:=(.*))?$/su;

/** A command line that may be shown to others. */
export function maskArguments(argv: readonly string[]): string[] {
  let flag = '';
  return argv.map((argument) => {
    const [, name, own] = SECRET_FLAG.exec(argument) ?? [];
    if (name !== undefined || argument.startsWith('--')) flag = name ?? '';
    if (own !== undefined) return `${name}=${maskValue(name ?? '', own)}`;
    if (name === undefined && flag !== '' && !argument.startsWith('--')) return maskValue(flag, argument);
    return maskSecret(argument);
  });
}

function maskValue(flag: string, value: string): string {
  if (flag === '--header') return value.replace(/:.*/su, ': ***');
  return value.startsWith('@') ? value : '***';
}

/** `user:password@` in URLs and the values of credential-like flags, headers and query parameters, replaced. */
export function maskSecret(argument: string): string {
  return argument
    .replace(/(\/\/)[^/@\s]+@/gu, '$1***@')
    .replace(/([?&][\w-]*(?:token|secret|password|key|sig|signature)[\w-]*=)[^&#\s]*/giu, '$1***')
    .replace(/^(--?[\w-]*(?:token|secret|password|key)[\w-]*=).*/iu, '$1***')
    .replace(
      /^((?:authorization|cookie|proxy-authorization|x-[\w-]*(?:key|token)[\w-]*)\s*[:=]).*/iu,
      '$1 ***',
    );
}

async function readGit(): Promise<{ readonly sha: string | null; readonly dirty: boolean | null }> {
  const run = promisify(execFile);
  const cwd = new URL('../../', import.meta.url);
  try {
    // Only the repository that holds enclave itself counts, not one that happens to lie around an installed package.
    const { stdout: prefix } = await run('git', ['rev-parse', '--show-prefix'], { cwd, timeout: 2_000 });
    if (prefix.trim() !== '') return { sha: null, dirty: null };
    const { stdout: sha } = await run('git', ['rev-parse', 'HEAD'], { cwd, timeout: 2_000 });
    const { stdout: status } = await run('git', ['status', '--porcelain'], { cwd, timeout: 2_000 });
    return { sha: sha.trim(), dirty: status.trim() !== '' };
  } catch {
    return { sha: null, dirty: null };
  }
}

function readCgroupQuota(): number | null {
  const [quota, period] = (readText('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

/** Sums since boot, ms of all cores together. */
export interface MachineTimes {
  readonly busyMs: number;
  readonly stolenMs: number;
  readonly totalMs: number;
  /** Times the cgroup was throttled; null where there is none. */
  readonly throttledN: number | null;
  /** How the first core chooses its frequency; null where the system does not tell, as in most virtual machines. */
  readonly governor: string | null;
}

/** How long the main thread of a process has been ready to run and had no core so far, ms; null where it cannot be read. */
export function readCoreWaitMs(pid: number | 'self' = 'self'): number | null {
  const waitedNs = Number(readText(`/proc/${pid}/schedstat`)?.split(' ')[1] ?? NaN);
  return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
}

const TICK_MS = 10;

/** CPU times of the whole machine; null where /proc/stat is missing. */
export function readMachineTimes(): MachineTimes | null {
  const line = readText('/proc/stat')?.split('\n')[0];
  if (line === undefined || !line.startsWith('cpu ')) return null;
  const ticks = line.trim().split(/\s+/u).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, stolen = 0] = ticks;
  const busy = user + nice + system + irq + softIrq;
  return {
    busyMs: busy * TICK_MS,
    stolenMs: stolen * TICK_MS,
    totalMs: (busy + idle + wait + stolen) * TICK_MS,
    throttledN: readThrottled(),
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim() ?? null,
  };
}

function readThrottled(): number | null {
  const match = /nr_throttled (\d+)/u.exec(readText('/sys/fs/cgroup/cpu.stat') ?? '');
  return match === null ? null : Number(match[1]);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
