// A runtime that runs nothing: a socket that says what the test wants, to be in control of when, and of what gets lost.
import { WebSocket } from 'ws';

export interface BareStart {
  readonly id: string;
  readonly fence: string;
  readonly source: string;
}

export interface BareRuntime {
  /** What it was given to run so far, in order. */
  readonly starts: readonly BareStart[];
  /** Numbers of the calls that were answered so far. */
  readonly answered: readonly number[];
  say(...messages: readonly object[]): void;
  done(start: BareStart, value?: unknown): void;
  /** Cuts the line without a word. */
  cut(): void;
}

const STATS = {
  durationMs: 1,
  queueMs: 0,
  cpuMs: 1,
  toolMs: 0,
  toolCallCount: 0,
  consoleBytes: 0,
  logsTruncated: false,
  resultBytes: 1,
  isolation: 'isolate',
};

export async function bareRuntime(url: string, hello: object = {}): Promise<BareRuntime> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/runtime`);
  socket.on('error', () => {});
  const starts: BareStart[] = [];
  const answered: number[] = [];
  const welcomed = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    for (const message of JSON.parse(String(data)) as { type: string; callId?: number }[]) {
      if (message.type === 'welcome') welcomed.resolve();
      if (message.type === 'tool_result') answered.push(message.callId ?? 0);
      if (message.type === 'start') starts.push(message as unknown as BareStart);
    }
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const say = (...messages: readonly object[]) => socket.send(JSON.stringify(messages));
  say({ type: 'hello', protocolVersion: 2, runtimeId: 'bare', labels: {}, slots: 4, ...hello });
  await welcomed.promise;
  return {
    starts,
    answered,
    say,
    done: ({ id, fence }, value = null) =>
      say({
        type: 'done',
        id,
        fence,
        outcome: { success: true, valueJson: JSON.stringify(value), stats: STATS },
      }),
    cut: () => socket.terminate(),
  };
}
