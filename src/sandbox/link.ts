// How batches of messages reach the thread that runs scripts and leave it: in a host process over a socket of its own to the
// embedding process, since a relay through another thread would cost two changes of thread for every batch.
import { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { LineReader, toJsonLine } from '../json-lines.ts';
import type { DownMessage, UpMessage } from './messages.ts';

/** What comes down is trusted; the bound is that of a text in V8. */
const MAX_LINE_BYTES = 2 ** 29;
const READ_BYTES = 65_536;

export interface WorkerLink {
  readonly send: (batch: readonly UpMessage[]) => void;
}

/** A port within the embedding process, or the file descriptor of a socket to it. */
export type LinkEnd = MessagePort | number;

/** Calls `onBatch` with all that has come in at once, and `onClose` when the embedding process has gone. */
export function openLink(
  end: LinkEnd,
  onBatch: (batch: readonly DownMessage[]) => void,
  onClose: () => void,
): WorkerLink {
  if (typeof end === 'number') return openSocket(end, onBatch, onClose);
  end.on('message', onBatch);
  end.on('close', onClose);
  return { send: (batch) => end.postMessage(batch) };
}

function openSocket(
  fd: number,
  onBatch: (batch: readonly DownMessage[]) => void,
  onClose: () => void,
): WorkerLink {
  const lines = new LineReader(MAX_LINE_BYTES);
  const onData = (chunk: Buffer): void => {
    const batches = lines.push(chunk).map((line) => JSON.parse(line) as readonly DownMessage[]);
    if (batches.length > 0) onBatch(batches.flat());
  };
  // One buffer for all that comes in, instead of a new one for each message.
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length: number, buffer: Uint8Array): boolean => {
      onData(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    },
  };
  const socket = new Socket({ fd, readable: true, writable: true, onread });
  socket.on('error', onClose);
  socket.on('close', onClose);
  return { send: (batch) => void socket.write(toJsonLine(batch)) };
}
