// Messages of one turn of the event loop leave as one array: a message costs far less in a batch.

/** A `send` that gathers what is sent in one turn and hands it on at its end, in order. */
export function batched<T>(flush: (messages: readonly T[]) => void): (message: T) => void {
  let waiting: T[] = [];
  return (message) => {
    if (waiting.push(message) > 1) return;
    setImmediate(() => {
      const messages = waiting;
      waiting = [];
      flush(messages);
    });
  };
}
