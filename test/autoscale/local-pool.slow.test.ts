// A pool of real runtime processes: started, drained, and gone with their broker, however that goes.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLocalDriver } from '../../src/autoscale/local-driver.ts';
import { EnclaveClient } from '../../src/client/client.ts';
import { realClock } from '../../src/clock.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { startChild } from '../support/child.ts';

const TIMEOUT = 60_000;
const patience = { timeout: TIMEOUT - 10_000 };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A tool that answers when the test says so. */
function gate() {
  const open = Promise.withResolvers<string>();
  const tool = defineTool({
    name: 'hold',
    description: 'Waits',
    args: z.object({}),
    effect: 'read',
    handler: () => open.promise,
  });
  return { tools: [tool], open: () => open.resolve('held') };
}

const HOLD = { code: 'return await callTool("hold", {});' };

describe('a local runtime pool', { timeout: TIMEOUT }, () => {
  it('starts runtimes for sessions that find none, grows with them, and loses them again when it is quiet', async () => {
    const { tools, open } = gate();
    await using broker = new EnclaveBroker({
      tools,
      runtimePool: {
        minSize: 1,
        maxSize: 3,
        scaleInterval: 100,
        cooldown: 0,
        local: { slots: 2, workerPool: { size: 1 } },
      },
    });
    const { url } = await broker.listen(0);
    const client = new EnclaveClient({ serverUrl: url });
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    // Nothing is there yet: the sessions are queued, not refused. Five on two places each need three runtimes.
    const runs = Array.from({ length: 5 }, () => client.run(HOLD));
    await expect.poll(() => broker.pool?.size, patience).toBe(3);
    await expect.poll(() => broker.running, patience).toBe(5);
    open();
    for (const { final } of await Promise.all(runs))
      expect(final).toMatchObject({ ok: true, result: 'held' });
    await expect.poll(() => broker.pool?.size, patience).toBe(1);
    expect((await client.run(HOLD)).final?.ok).toBe(true);
  });

  it('takes a runtime away without taking its session away', async () => {
    const { tools, open } = gate();
    await using broker = new EnclaveBroker({ tools });
    const { url } = await broker.listen(0);
    await using driver = createLocalDriver({
      brokerUrl: () => url,
      labels: {},
      clock: realClock,
      drainMs: TIMEOUT,
      workerPool: { size: 1 },
    });
    await driver.scaleTo(1);
    expect(await driver.size()).toBe(1);
    const [pid = 0] = driver.pids;
    const run = new EnclaveClient({ serverUrl: url }).run(HOLD);
    await expect.poll(() => broker.running, patience).toBe(1);
    await driver.scaleTo(0);
    expect(await driver.size()).toBe(0);
    expect(isAlive(pid)).toBe(true);
    open();
    expect((await run).final).toMatchObject({ ok: true, result: 'held' });
    await expect.poll(() => isAlive(pid), patience).toBe(false);
  });

  it('ends with its broker, also when that is killed', async () => {
    const doomed = await startChild('pool-broker-process.ts', []);
    const pids = doomed.line.split(' ').map(Number);
    expect(pids).toHaveLength(2);
    expect(pids.every(isAlive)).toBe(true);
    await doomed.kill();
    await expect.poll(() => pids.some(isAlive), patience).toBe(false);
  });
});
