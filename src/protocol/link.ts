// The line between one broker and one runtime, whatever carries it: a WebSocket, or a function call in one process.
import type { BrokerMessage, RuntimeMessage } from './messages.ts';

/** One end of a line. Messages arrive in order and at most once; what was sent before a close may be lost. */
export interface Link<Out, In> {
  /** @param withinMs how long it may lie, for another to go along with it; it leaves in the order of the sends. Default 0. */
  send(message: Out, withinMs?: number): void;
  /** Bytes accepted by `send` and not yet handed to the peer: the sign to stop giving it work. */
  backlogBytes(): number;
  /** Ends the line; both ends hear of it once. Nothing of `reason` is secret. */
  close(reason: string): void;
  /** Set once, before the first turn of the event loop ends. */
  onMessage(listener: (message: In) => void): void;
  onClose(listener: (reason: string) => void): void;
}

export type BrokerLink = Link<BrokerMessage, RuntimeMessage>;
export type RuntimeLink = Link<RuntimeMessage, BrokerMessage>;

/** A line inside one process: both ends, connected. Messages cross in a later microtask, as over a wire, in order. */
export function createLinkPair(): { readonly broker: BrokerLink; readonly runtime: RuntimeLink } {
  const toRuntime = new Direction<BrokerMessage>();
  const toBroker = new Direction<RuntimeMessage>();
  let isOpen = true;
  const close = (reason: string) => {
    if (!isOpen) return;
    isOpen = false;
    toRuntime.end(reason);
    toBroker.end(reason);
  };
  return { broker: end(toRuntime, toBroker, close), runtime: end(toBroker, toRuntime, close) };
}

function end<Out, In>(
  out: Direction<Out>,
  into: Direction<In>,
  close: (reason: string) => void,
): Link<Out, In> {
  return {
    send: (message) => out.put(message),
    backlogBytes: () => 0,
    close,
    onMessage: (listener) => into.listen(listener),
    onClose: (listener) => into.whenEnded(listener),
  };
}

class Direction<T> {
  #listener: ((message: T) => void) | undefined;
  #ended: ((reason: string) => void) | undefined;
  #isOpen = true;

  put(message: T): void {
    if (!this.#isOpen) return;
    queueMicrotask(() => this.#listener?.(message));
  }

  listen(listener: (message: T) => void): void {
    this.#listener = listener;
  }

  whenEnded(listener: (reason: string) => void): void {
    this.#ended = listener;
  }

  end(reason: string): void {
    this.#isOpen = false;
    // After the messages that are on their way.
    queueMicrotask(() => this.#ended?.(reason));
  }
}
