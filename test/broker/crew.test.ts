// Which runtimes a broker gives up, and which it does not since it was away itself.
import { describe, expect, it } from 'vitest';
import { Crew } from '../../src/broker/crew.ts';
import { ManualClock } from '../../src/clock.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/events.ts';
import { createLinkPair } from '../../src/protocol/link.ts';

const HEARTBEAT_MS = 1_000;

async function crewOfOne() {
  const clock = new ManualClock();
  const crew = new Crew({
    clock,
    brokerId: 'b',
    heartbeatMs: HEARTBEAT_MS,
    strategy: 'label-match',
    onChange: () => {},
    onAttach: async () => {},
    onRefuse: async () => {},
    onLeft: () => {},
  });
  const { broker, runtime } = createLinkPair();
  crew.accept(broker);
  const hello = { runtimeId: 'r', instance: 'i', labels: {}, slots: 1 } as const;
  runtime.send({ type: 'hello', protocolVersion: PROTOCOL_VERSION, ...hello });
  await expect.poll(() => crew.peers.length).toBe(1);
  return { clock, crew };
}

describe('dropSilent()', () => {
  it('gives up a runtime that says nothing for two and a half heartbeats', async () => {
    const { clock, crew } = await crewOfOne();
    for (let beat = 1; beat <= 2; beat++) {
      await clock.advance(HEARTBEAT_MS);
      crew.dropSilent();
      expect(crew.peers).toHaveLength(1);
    }
    await clock.advance(HEARTBEAT_MS);
    crew.dropSilent();
    expect(crew.peers).toHaveLength(0);
  });

  it('keeps one that it could not hear since it was stopped itself, and gives it up later all the same', async () => {
    const { clock, crew } = await crewOfOne();
    await clock.advance(100 * HEARTBEAT_MS);
    crew.dropSilent();
    expect(crew.peers).toHaveLength(1);
    for (let beat = 1; beat <= 3; beat++) {
      await clock.advance(HEARTBEAT_MS);
      crew.dropSilent();
    }
    expect(crew.peers).toHaveLength(0);
  });
});
