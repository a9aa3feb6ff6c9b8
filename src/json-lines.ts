// One JSON value a line, over a stream of bytes: how processes of one machine talk where each reads the other's values whole.

const NEWLINE = 0x0a;

/** As one line; JSON text holds no raw line break. */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Cuts a stream into lines. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;

  /** `maxBytes`: longest line, so that a peer cannot fill the memory with one that never ends. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes, answers with the lines that they complete.
   * @throws RangeError when a line is too long; nothing after that can be read.
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#take(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  #take(last: Buffer): string {
    if (this.#size === 0) return last.toString('utf8');
    this.#keep(last);
    const line = Buffer.concat(this.#parts, this.#size).toString('utf8');
    this.#parts = [];
    this.#size = 0;
    return line;
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) throw new RangeError(`a line of more than ${this.#maxBytes} bytes`);
    // A copy: whoever reads may use the same bytes again for what comes next.
    this.#parts.push(Buffer.from(part));
  }
}
