// A line over any message socket: what is said in one turn of the event loop goes out as one frame.
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

type Defer = (work: () => void) => void;

export function brokerLink(socket: MessageSocket, defer: Defer): BrokerLink {
  return link<BrokerMessage, RuntimeMessage>(socket, defer, decodeRuntimeFrame);
}

export function runtimeLink(socket: MessageSocket, defer: Defer): RuntimeLink {
  return link<RuntimeMessage, BrokerMessage>(socket, defer, decodeBrokerFrame);
}

function link<Out extends BrokerMessage | RuntimeMessage, In>(
  socket: MessageSocket,
  defer: Defer,
  decode: (frame: string) => In[],
): Link<Out, In> {
  let pending: Out[] = [];
  const flush = () => {
    const messages = pending;
    pending = [];
    socket.send(encodeFrame(messages));
  };
  return {
    send(message) {
      if (pending.length === 0) defer(flush);
      pending.push(message);
    },
    backlogBytes: () => socket.bufferedBytes(),
    close(reason) {
      if (pending.length > 0) flush();
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
