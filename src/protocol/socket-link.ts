// A line over any message socket: what is said in one turn of the event loop goes out as one frame, along with what had time until then.
import type { Clock } from '../clock.ts';
import { toEnclaveError } from '../errors.ts';
import { decodeBrokerFrame, decodeRuntimeFrame, encodeFrame } from './codec.ts';
import type { BrokerLink, Link, RuntimeLink } from './link.ts';
import type { BrokerMessage, RuntimeMessage } from './messages.ts';

/** What a line needs of a socket; the WebSockets of `ws` and of browsers have it, or nearly. */
export interface MessageSocket {
  send(frame: string): void;
  bufferedBytes(): number;
  close(reason: string): void;
  onFrame(listener: (frame: string) => void): void;
  onClose(listener: (reason: string) => void): void;
}

type Timing = Pick<Clock, 'nowMs' | 'defer' | 'setBackgroundTimer'>;

export function brokerLink(socket: MessageSocket, clock: Timing): BrokerLink {
  return link<BrokerMessage, RuntimeMessage>(socket, clock, decodeRuntimeFrame);
}

export function runtimeLink(socket: MessageSocket, clock: Timing): RuntimeLink {
  return link<RuntimeMessage, BrokerMessage>(socket, clock, decodeBrokerFrame);
}

function link<Out extends BrokerMessage | RuntimeMessage, In>(
  socket: MessageSocket,
  clock: Timing,
  decode: (frame: string) => In[],
): Link<Out, In> {
  let pending: Out[] = [];
  /** When what is pending has to leave; -Infinity: at the end of this turn. */
  let dueMs = Infinity;
  let stopTimer = () => {};
  const flush = () => {
    const messages = pending;
    pending = [];
    stopTimer();
    dueMs = Infinity;
    // A close may have sent them already.
    if (messages.length > 0) socket.send(encodeFrame(messages));
  };
  const askFlush = (withinMs: number) => {
    const atMs = withinMs > 0 ? clock.nowMs() + withinMs : -Infinity;
    if (atMs >= dueMs) return;
    dueMs = atMs;
    stopTimer();
    if (withinMs > 0) stopTimer = clock.setBackgroundTimer(withinMs, flush);
    else clock.defer(flush);
  };
  return {
    send(message, withinMs = 0) {
      pending.push(message);
      askFlush(withinMs);
    },
    backlogBytes: () => socket.bufferedBytes(),
    close(reason) {
      flush();
      socket.close(reason);
    },
    onMessage(listener) {
      socket.onFrame((frame) => {
        let messages: In[];
        try {
          messages = decode(frame);
        } catch (thrown) {
          // Whoever sends what is not agreed may send anything: nothing more is read.
          socket.close(toEnclaveError(thrown).message);
          return;
        }
        for (const message of messages) listener(message);
      });
    },
    onClose: (listener) => socket.onClose(listener),
  };
}
