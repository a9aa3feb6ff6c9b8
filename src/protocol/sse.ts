// Server-sent events: writing a line group, and reading a stream however its bytes were cut.

/** One event with an id, ready to be written. `json` must be one line, as JSON.stringify gives it. */
export function formatSse(id: string, json: string): string {
  return `id: ${id}\ndata: ${json}\n\n`;
}

/** What a server writes first: an id without data so that a client can resume from the very start, and its wait, ms. */
export function formatSsePriming(id: string, retryMs: number): string {
  return `retry: ${retryMs}\nid: ${id}\n\n`;
}

export interface SseMessage {
  /** The last id seen so far; empty before the first. */
  readonly id: string;
  readonly data: string;
}

/** Longest event taken in, characters: stops a server, or something that is none, from filling the client's memory. */
const MAX_EVENT = 16 * 2 ** 20;

/** Reads text chunks of a stream. What is incomplete waits for the next chunk; what never ends is an error. */
export class SseParser {
  #rest = '';
  #data: string[] = [];
  #size = 0;
  #id = '';

  /**
   * The messages that this chunk completes. Comments and unknown fields are skipped, as the standard says.
   * @throws RangeError when an event is longer than 16 Mi characters.
   */
  push(chunk: string): SseMessage[] {
    const messages: SseMessage[] = [];
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/u);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = this.#line(line);
      if (message !== undefined) messages.push(message);
    }
    if (this.#size + this.#rest.length > MAX_EVENT)
      throw new RangeError(`an event of more than ${MAX_EVENT} characters`);
    return messages;
  }

  #line(line: string): SseMessage | undefined {
    if (line === '') {
      if (this.#data.length === 0) return undefined;
      const message = { id: this.#id, data: this.#data.join('\n') };
      this.#data = [];
      this.#size = 0;
      return message;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /u, '');
    if (field === 'data') {
      this.#data.push(value);
      this.#size += value.length + 1;
    } else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }

  get lastId(): string {
    return this.#id;
  }
}
