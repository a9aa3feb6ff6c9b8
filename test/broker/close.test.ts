// A broker that is closed leaves nothing behind that would keep its process.
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { type Clock, ManualClock, realClock } from '../../src/clock.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { bareRuntime } from '../support/bare-runtime.ts';

const patience = { timeout: 20_000 };

/** Real time, and what is still to fire and keeps the process meanwhile. */
function countingClock(): Clock & { readonly pending: number } {
  const pending = new Set<() => void>();
  return {
    ...realClock,
    setTimer(delayMs, fire) {
      const stop = realClock.setTimer(delayMs, () => {
        pending.delete(end);
        fire();
      });
      const end = () => {
        pending.delete(end);
        stop();
      };
      pending.add(end);
      return end;
    },
    get pending() {
      return pending.size;
    },
  };
}

describe('close()', () => {
  it('leaves no timer behind, though a runtime was linked and ran a session', async () => {
    const clock = countingClock();
    const broker = new EnclaveBroker({ clock, reattach: 600_000 });
    const { url } = await broker.listen(0);
    const runtime = await bareRuntime(url);
    await new EnclaveClient({ serverUrl: url }).submit({ code: 'return 1' });
    await expect.poll(() => runtime.starts.length, patience).toBe(1);
    await broker.close();
    expect(clock.pending).toBe(0);
    expect(broker.running).toBe(0);
  });

  it('waits for no connection on which nothing was ever asked', async () => {
    // On a clock that stands still: what waits for the end of a time would wait for ever.
    const broker = new EnclaveBroker({ clock: new ManualClock() });
    const { port } = await broker.listen(0);
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await broker.close();
    await gone;
  });
});
