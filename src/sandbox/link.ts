// How batches of messages reach the worker and leave it. A host process gives its worker a socket of its own to the embedding
// process: a relay through the main thread would cost two changes of thread for every batch.
import { Socket } from 'node:net';
import { LineReader, toJsonLine } from '../json-lines.ts';
import type { DownMessage, UpMessage } from './messages.ts';

/** What comes down is trusted; the bound is that of a text in V8. */
const MAX_LINE_BYTES = 2 ** 29;

export interface WorkerLink {
  readonly send: (batch: readonly UpMessage[]) => void;
}

/** Calls `onBatch` with all that has come in at once, and `onClose` when the embedding process has gone. */
export function openSocketLink(
  fd: number,
  onBatch: (batch: readonly DownMessage[]) => void,
  onClose: () => void,
): WorkerLink {
  const socket = new Socket({ fd, readable: true, writable: true });
  const lines = new LineReader(MAX_LINE_BYTES);
  socket.on('data', (chunk: Buffer) => {
    const batches = lines.push(chunk).map((line) => JSON.parse(line) as readonly DownMessage[]);
    if (batches.length > 0) onBatch(batches.flat());
  });
  socket.on('error', onClose);
  socket.on('close', onClose);
  return { send: (batch) => void socket.write(toJsonLine(batch)) };
}
