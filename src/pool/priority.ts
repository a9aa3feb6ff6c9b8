// How much of the processors the processes of a pool get beside each other. All of it is a wish: a process that has ended already, or
// a platform that refuses, goes without.
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** `usual`: a host in service, or one that is waited for. `low`: one that is started ahead. */
export type HostPriority = keyof typeof NICENESS;

/**
 * Steps below the supervisor, as `nice -n`. Deadlines, tools and load generators come before scripts, which is far from starving.
 * What is started ahead takes the time that others leave: to start a process costs as much as a hundred scripts, all at once.
 */
const NICENESS = { usual: 5, low: 15 } as const;
const MAX_NICENESS = 19;
/** Of RLIMIT_NICE, which counts 20 minus niceness: see getrlimit(2). */
const LIMIT_BASE = 20;

/** To be called right after the start: threads that come later have that of the thread that makes them. */
export function setFirstPriority(pid: number, priority: HostPriority): void {
  if (pid > 0) trySetPriority(pid, nicenessOf(priority));
}

/** Brings a process that was started with a low priority to the usual one, all its threads. */
export function raisePriority(pid: number): void {
  for (const thread of threadsOf(pid)) trySetPriority(thread, nicenessOf('usual'));
}

let known: boolean | undefined;

/** Whether {@link raisePriority} will be allowed: whoever may not raise a priority must not lower it. */
export function mayRaisePriority(): boolean {
  known ??= limitAllows() || isPrivileged();
  return known;
}

function nicenessOf(priority: HostPriority): number {
  return Math.min(MAX_NICENESS, getPriority() + NICENESS[priority]);
}

function trySetPriority(id: number, niceness: number): boolean {
  try {
    setPriority(id, niceness);
    return true;
  } catch {
    return false;
  }
}

/** Linux has a niceness for each thread. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}

/** As a unit of systemd has it with `LimitNICE=`. */
function limitAllows(): boolean {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = Number(/^Max nice priority\s+(\d+)/mu.exec(limits)?.[1]);
    return soft >= LIMIT_BASE - nicenessOf('usual');
  } catch {
    return false;
  }
}

/** Found out by trying: in some containers a process only seems to have the privilege. */
function isPrivileged(): boolean {
  const own = getPriority();
  if (!trySetPriority(process.pid, own - 1)) return false;
  return trySetPriority(process.pid, own);
}
