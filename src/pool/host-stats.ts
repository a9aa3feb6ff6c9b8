// CPU time and memory of another process, where the platform tells (Linux: /proc).
import { readFileSync } from 'node:fs';

/** Linux counts process times in USER_HZ, which is 100 on every platform that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

export interface ProcessUsage {
  readonly cpuMs: number | null;
  readonly rssBytes: number | null;
}

export function readProcessUsage(pid: number): ProcessUsage {
  if (process.platform !== 'linux') return { cpuMs: null, rssBytes: null };
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in brackets, may hold anything: count the fields behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuMs: ticks * MS_PER_TICK, rssBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return { cpuMs: null, rssBytes: null };
  }
}
