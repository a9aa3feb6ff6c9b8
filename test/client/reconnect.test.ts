// A client whose broker goes: asked to come back, it does so soon, and does not give up while another is being started.
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { NO_STATS } from '../../src/no-stats.ts';

const event = (seq: number, type: string, payload: object) =>
  `id: 1-${seq}\ndata: ${JSON.stringify({ protocolVersion: 2, sessionId: 's_1', seq, ts: 1, type, payload })}\n\n`;
const FINAL = { ok: true, result: 1, stats: { ...NO_STATS, attempts: 1 } };

/** Ends the first streams with `reconnect`, cuts so many connections after them, then tells the end. */
async function leavingBroker(cuts: number, { streams = 1, retryMs = 20, hasSilence = false } = {}) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id']?.toString());
    if (asked.length > streams && asked.length <= streams + cuts) {
      request.socket.resetAndDestroy();
      return;
    }
    if (hasSilence && asked.length === streams + 1) return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length > streams) response.end(event(2, 'final', FINAL));
    else
      response.end(
        event(1, 'log', { level: 'log', message: 'hello' }) +
          event(1, 'reconnect', { retryMs }).replace(/^id.*\n/u, ''),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new EnclaveClient({
    serverUrl: `http://127.0.0.1:${port}`,
    // Its own tries are few and far between: what comes soon comes because of the broker's word.
    reconnection: { maxAttempts: 1, initialDelay: 600_000 },
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { client, asked, cut: () => server.closeAllConnections(), [Symbol.asyncDispose]: close };
}

describe('a client that is asked to go', () => {
  it.each([0, 4])('resumes where it was, though %d connections are cut meanwhile', async (cuts) => {
    await using broker = await leavingBroker(cuts);
    const { final } = await broker.client.follow('s_1');
    expect(final).toMatchObject({ ok: true, result: 1 });
    expect(broker.asked).toEqual([undefined, ...Array.from({ length: cuts + 1 }, () => '1-1')]);
  });

  it('has one of its streams ask for all while nobody is there', async () => {
    await using broker = await leavingBroker(5, { streams: 60, retryMs: 100 });
    const ended = await Promise.all(Array.from({ length: 60 }, () => broker.client.follow('s_1')));
    expect(ended.map(({ final }) => final?.ok)).toEqual(ended.map(() => true));
    expect(broker.asked).toHaveLength(60 + 5 + 60);
  });

  it('lets the others come back, though the one that asks gets no answer', async () => {
    await using broker = await leavingBroker(0, { streams: 3, retryMs: 50, hasSilence: true });
    let ended = 0;
    const all = Promise.allSettled(
      Array.from({ length: 3 }, async () => {
        await broker.client.follow('s_1');
        ended++;
      }),
    );
    await expect.poll(() => ended, { timeout: 5_000 }).toBe(2);
    broker.cut();
    expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it.each(['before it waits', 'while it waits'])(
    'lets a stream go that is not wanted any more, %s, and asks for the others',
    async (when) => {
      await using broker = await leavingBroker(1, { streams: 2, retryMs: 500 });
      const abort = new AbortController();
      const onEvent = () => {
        if (when === 'before it waits') abort.abort();
        else setTimeout(() => abort.abort(), 100);
      };
      const unwanted = broker.client.follow('s_1', { signal: abort.signal, onEvent });
      const [gone, wanted] = await Promise.allSettled([unwanted, broker.client.follow('s_1')]);
      expect(gone).toMatchObject({ status: 'rejected' });
      expect(wanted).toMatchObject({ status: 'fulfilled', value: { final: { ok: true } } });
    },
  );

  it('gives up in the end', async () => {
    await using broker = await leavingBroker(100);
    await expect(broker.client.follow('s_1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
