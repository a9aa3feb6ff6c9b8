// The protocol of Redis, version 2: commands as text, replies from whatever pieces the socket brings.

/** A refusal of the server. */
export class RespError extends Error {
  override readonly name = 'RespError';
}

export type Reply = string | number | null | RespError | Reply[];

export function encodeCommand(args: readonly (string | number)[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) {
    const word = typeof arg === 'string' ? arg : String(arg);
    text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
  }
  return text;
}

const CR = 13;
const [PLUS, MINUS, COLON, DOLLAR, STAR] = [43, 45, 58, 36, 42];

export class RespParser {
  #data: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Pieces that are not looked at before all of a long text is there. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #needBytes = 0;

  /** Calls `onReply` for every reply that is whole by now. @throws TypeError for what is not the protocol. */
  push(piece: Buffer, onReply: (reply: Reply) => void): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes < this.#needBytes) return;
    this.#data = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    this.#at = 0;
    this.#needBytes = 0;
    let doneAt = 0;
    while (this.#at < this.#data.length) {
      const reply = this.#read();
      if (reply === undefined) break;
      doneAt = this.#at;
      onReply(reply);
    }
    const rest = this.#data.subarray(doneAt);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#pieceBytes = rest.length;
    this.#needBytes = Math.max(0, this.#needBytes - doneAt);
  }

  /** `undefined` when the reply is not whole yet. */
  #read(): Reply | undefined {
    const end = this.#data.indexOf(CR, this.#at);
    // The line feed belongs to it.
    if (end < 0 || end + 1 >= this.#data.length) return undefined;
    const type = this.#data[this.#at];
    const from = this.#at + 1;
    this.#at = end + 2;
    switch (type) {
      case PLUS:
        return this.#data.toString('latin1', from, end);
      case MINUS:
        return new RespError(this.#data.toString('utf8', from, end));
      case COLON:
        return this.#number(from, end);
      case DOLLAR:
        return this.#bulk(this.#number(from, end));
      case STAR:
        return this.#list(this.#number(from, end));
      default:
        throw new TypeError(`expected a reply of Redis, got byte ${type}`);
    }
  }

  #number(from: number, end: number): number {
    let value = 0;
    const isNegative = this.#data[from] === MINUS;
    for (let i = isNegative ? from + 1 : from; i < end; i++) value = value * 10 + (this.#data[i] ?? 48) - 48;
    return isNegative ? -value : value;
  }

  #bulk(length: number): string | null | undefined {
    if (length < 0) return null;
    const from = this.#at;
    const end = from + length;
    if (end + 2 > this.#data.length) {
      this.#needBytes = end + 2;
      return undefined;
    }
    this.#at = end + 2;
    return this.#data.toString('utf8', from, end);
  }

  #list(length: number): Reply[] | null | undefined {
    if (length < 0) return null;
    const items: Reply[] = [];
    for (let i = 0; i < length; i++) {
      if (this.#at >= this.#data.length) return undefined;
      const item = this.#read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }
}
