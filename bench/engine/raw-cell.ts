// The same number of bare child processes as the pool has hosts, each kept busy with two batches of 16.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, setPriority } from 'node:os';
import type { CellInput } from './pool-cell.ts';

const BATCH = 16;
const WARM_UP_MS = 1_000;
/** That of the pool's hosts; beside other programs the comparison would be unfair otherwise. */
const NICENESS = 5;

export interface RawResult {
  readonly perSecond: number;
  /** CPU time per execution, us. */
  readonly hostCpuUs: number;
}

export async function measureRaw({ isolation, source }: CellInput, seconds: number): Promise<RawResult> {
  const children = Array.from({ length: availableParallelism() }, () =>
    fork(new URL('./raw-host.ts', import.meta.url), {
      execArgv: [
        '--no-node-snapshot',
        '--max-old-space-size=256',
        '--no-rehash-snapshot',
        '--no-js-explicit-resource-management',
        '--no-verify-snapshot-checksum',
      ],
    }),
  );
  const request = { isolation, source, count: BATCH };
  let done = 0;
  let all = 0;
  let cpuUs = 0;
  for (const child of children) {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    child.send(request);
    await once(child, 'message');
  }
  const measureFromMs = performance.now() + WARM_UP_MS;
  const endMs = measureFromMs + seconds * 1_000;
  await Promise.all(
    children.map(async (child) => {
      child.send(request);
      while (performance.now() < endMs) {
        child.send(request);
        const [answer] = (await once(child, 'message')) as [{ cpuUs: number }];
        cpuUs += answer.cpuUs;
        all += BATCH;
        if (performance.now() >= measureFromMs) done += BATCH;
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
  return { perSecond: done / seconds, hostCpuUs: cpuUs / all };
}
