// A client whose broker goes: asked to come back, it does so soon, and does not give up while another is being started.
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { EnclaveClient } from '../../src/client/client.ts';
import { NO_STATS } from '../../src/no-stats.ts';

const event = (seq: number, type: string, payload: object) =>
  `id: 1-${seq}\ndata: ${JSON.stringify({ protocolVersion: 2, sessionId: 's_1', seq, ts: 1, type, payload })}\n\n`;
const FINAL = { ok: true, result: 1, stats: { ...NO_STATS, attempts: 1 } };

/** Ends the first stream with `reconnect`, cuts so many connections after it, then tells the end. */
async function leavingBroker(cuts: number) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id']?.toString());
    if (asked.length > 1 && asked.length <= 1 + cuts) {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length > 1) response.end(event(2, 'final', FINAL));
    else
      response.end(
        event(1, 'log', { level: 'log', message: 'hello' }) +
          event(1, 'reconnect', { retryMs: 20 }).replace(/^id.*\n/u, ''),
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
  return { client, asked, [Symbol.asyncDispose]: close };
}

describe('a client that is asked to go', () => {
  it.each([0, 4])('resumes where it was, though %d connections are cut meanwhile', async (cuts) => {
    await using broker = await leavingBroker(cuts);
    const { final } = await broker.client.follow('s_1');
    expect(final).toMatchObject({ ok: true, result: 1 });
    expect(broker.asked).toEqual([undefined, ...Array.from({ length: cuts + 1 }, () => '1-1')]);
  });

  it('gives up in the end', async () => {
    await using broker = await leavingBroker(100);
    await expect(broker.client.follow('s_1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
