import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { mayRaisePriority, raisePriority, setFirstPriority } from '../../src/pool/priority.ts';

const isLinux = process.platform === 'linux';

/** Of each thread, relative to this process. */
function nicenesses(pid: number): Set<number> {
  const own = getPriority();
  return new Set(readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)) - own));
}

describe('the priority of host processes', () => {
  it.runIf(isLinux)(
    'is inherited by threads, and raised for all of them, where that is allowed',
    async () => {
      const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1e6)'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const pid = child.pid ?? 0;
      try {
        setFirstPriority(pid, 'low');
        await once(child.stdout, 'data');
        expect(readdirSync(`/proc/${pid}/task`).length).toBeGreaterThan(1);
        expect(nicenesses(pid)).toEqual(new Set([15]));
        raisePriority(pid);
        expect(nicenesses(pid)).toEqual(new Set([mayRaisePriority() ? 5 : 15]));
      } finally {
        child.kill('SIGKILL');
      }
    },
  );

  it('is a wish only: nobody minds a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    setFirstPriority(child.pid ?? 0, 'low');
    raisePriority(child.pid ?? 0);
    setFirstPriority(0, 'usual');
    expect(getPriority()).toBe(getPriority(process.pid));
  });
});
