import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/clock.ts';
import { decodeRuntimeFrame } from '../../src/protocol/codec.ts';
import type { RuntimeMessage } from '../../src/protocol/messages.ts';
import { runtimeLink } from '../../src/protocol/socket-link.ts';

function begin() {
  const clock = new ManualClock();
  const frames: { readonly atMs: number; readonly busy: number[] }[] = [];
  const line = runtimeLink(
    {
      send: (frame) => {
        const busy = decodeRuntimeFrame(frame).map((message) =>
          message.type === 'heartbeat' ? message.busy : Number.NaN,
        );
        frames.push({ atMs: clock.nowMs(), busy });
      },
      bufferedBytes: () => 0,
      close: () => {},
      onFrame: () => {},
      onClose: () => {},
    },
    clock,
  );
  return { clock, frames, line };
}

/** Messages that are told apart by their number. */
const message = (busy: number): RuntimeMessage => ({ type: 'heartbeat', busy, rssBytes: 0 });

describe('a line', () => {
  it('sends what is said in one turn as one frame', async () => {
    const { clock, frames, line } = begin();
    line.send(message(1));
    line.send(message(2));
    expect(frames).toEqual([]);
    await clock.advance(0);
    line.send(message(3));
    await clock.advance(50);
    expect(frames).toEqual([
      { atMs: 0, busy: [1, 2] },
      { atMs: 0, busy: [3] },
    ]);
  });

  it('keeps what has time until the first of them has none left', async () => {
    const { clock, frames, line } = begin();
    line.send(message(1), 20);
    await clock.advance(4);
    line.send(message(2), 5);
    await clock.advance(2);
    line.send(message(3), 5);
    await clock.advance(50);
    expect(frames).toEqual([{ atMs: 9, busy: [1, 2, 3] }]);
    line.send(message(4), 5);
    await clock.advance(50);
    expect(frames[1]).toEqual({ atMs: 61, busy: [4] });
  });

  it('takes it along, ahead, with what has no time', async () => {
    const { clock, frames, line } = begin();
    line.send(message(1), 20);
    await clock.advance(3);
    line.send(message(2));
    line.send(message(3), 20);
    await clock.advance(50);
    expect(frames).toEqual([{ atMs: 3, busy: [1, 2, 3] }]);
  });

  it('sends it before it closes, and once', async () => {
    const { clock, frames, line } = begin();
    line.send(message(1), 20);
    line.send(message(2));
    line.close('enough');
    await clock.advance(50);
    expect(frames).toEqual([{ atMs: 0, busy: [1, 2] }]);
  });
});
