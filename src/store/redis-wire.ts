// Commands to one Redis with as little work as they can have: ioredis dials, authenticates and finds the master of a Sentinel,
// then its socket is ours. All commands of a turn of the event loop go out in one write; a reply costs one promise.
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import { encodeCommand, type Reply, RespError, RespParser } from './resp.ts';

export interface RedisWireOptions {
  /** Not connected yet, RESP 2, and used for nothing else. */
  readonly client: Redis;
  readonly clock: Clock;
  /** Time-out of a command, ms. */
  readonly timeoutMs: number;
  /** The server is there. */
  readonly onAnswered: () => void;
  /** What a command fails with that got no reply, or a refusal. */
  readonly toError: (cause: Error) => Error;
}

export type Args = readonly (string | number)[];
/** Made in the moment in which it goes out: until then more may be put into it. */
export type Command = Args | (() => Args);

interface Pending {
  readonly command: Command;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly atMs: number;
  /** Sent instead when the server does not know the script. */
  readonly orElse: Command | undefined;
  isSettled: boolean;
}

export interface SendOptions {
  /** A command for a server that does not know the script of this one. */
  readonly orElse?: Command | undefined;
  /** On a busy line it may lie for so long, ms, so that others go out along with it: every write costs two processes a turn. Default 0. */
  readonly patienceMs?: number;
}

/** A command for all who ask for it in one turn of the event loop. */
interface Gathered extends Pending {
  readonly command: (string | number)[];
}

/** What is gathered in one turn is done as a whole: one promise for all who ask. */
interface Turn {
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Commands that have no reply yet. */
  left: number;
}

/** Takes commands that those of others in the same turn of the event loop become one with. */
export interface Gatherer {
  /** One command with the items of all who ask. */
  add(verb: string, key: string, items: Args): void;
  /** One command, with what the first one gave. */
  once(verb: string, key: string, value: string | number): void;
  /** One command, whose last argument is the words of all, with spaces between; before it stands what the first one gave. */
  join(verb: string, key: string, before: Args, word: string): void;
}

export class RedisWire implements Gatherer {
  readonly #options: RedisWireOptions;
  /** Sent, from `#head` on without a reply yet; what has timed out stays until its reply has passed. */
  #sent: Pending[] = [];
  #head = 0;
  /** Of this turn. */
  #waiting: Pending[] = [];
  #gathered = new Map<string, Gathered>();
  #turn: Turn | undefined;
  #isFlushAsked = false;
  #flushedMs = -Infinity;
  #stopWaiting: (() => void) | undefined;
  #stream: Redis['stream'] | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(options: RedisWireOptions) {
    const { client } = options;
    this.#options = options;
    client.on('ready', () => this.#take(client.stream));
    client.on('close', () => this.#lose('the connection was lost'));
    client.on('end', () => this.#lose('the connection is closed'));
  }

  /** See {@link SendOptions}. */
  send(command: Command, { orElse, patienceMs = 0 }: SendOptions = {}): Promise<Reply> {
    const { clock, client, toError } = this.#options;
    if (isClosed(client)) return Promise.reject(toError(new Error('the connection is closed')));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject, atMs: clock.nowMs(), orElse, isSettled: false });
      this.#askFlush(patienceMs);
    });
  }

  /** What is asked for goes out before the commands of {@link send}. Resolves when all that was gathered in this turn is done. */
  gather(ask: (gatherer: Gatherer) => void): Promise<void> {
    const { client, toError } = this.#options;
    if (isClosed(client)) return Promise.reject(toError(new Error('the connection is closed')));
    this.#turn ??= newTurn();
    const { done } = this.#turn;
    ask(this);
    return done;
  }

  add(verb: string, key: string, items: Args): void {
    const known = this.#gathered.get(`${verb} ${key}`);
    if (known === undefined) this.#begin([verb, key, ...items]);
    else known.command.push(...items);
  }

  once(verb: string, key: string, value: string | number): void {
    if (!this.#gathered.has(`${verb} ${key}`)) this.#begin([verb, key, value]);
  }

  join(verb: string, key: string, before: Args, word: string): void {
    const known = this.#gathered.get(`${verb} ${key}`);
    if (known === undefined) this.#begin([verb, key, ...before, word]);
    else known.command.push(`${known.command.pop()} ${word}`);
  }

  #begin(command: (string | number)[]): void {
    this.#turn ??= newTurn();
    const turn = this.#turn;
    turn.left++;
    this.#gathered.set(`${command[0]} ${command[1]}`, {
      command,
      resolve: () => {
        if (--turn.left === 0) turn.resolve();
      },
      reject: turn.reject,
      atMs: this.#options.clock.nowMs(),
      orElse: undefined,
      isSettled: false,
    });
    this.#askFlush();
  }

  /** At the end of this turn, or when the line has been quiet for so long. */
  #askFlush(patienceMs = 0): void {
    if (this.#isFlushAsked) return;
    const { clock, timeoutMs } = this.#options;
    this.#stopTimer ??= this.#watch(timeoutMs);
    const leftMs = patienceMs === 0 ? 0 : this.#flushedMs + patienceMs - clock.nowMs();
    if (leftMs > 0) {
      this.#stopWaiting ??= clock.setBackgroundTimer(leftMs, () => this.#flush());
      return;
    }
    this.#isFlushAsked = true;
    clock.defer(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushAsked = false;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#flushedMs = this.#options.clock.nowMs();
    // Without a connection it waits for the next one, or for the time-out.
    if (this.#stream === undefined) return;
    let text = '';
    for (const pending of [...this.#gathered.values(), ...this.#waiting]) {
      // Whoever asked was told that it failed.
      if (pending.isSettled) continue;
      const { command } = pending;
      text += encodeCommand(typeof command === 'function' ? command() : command);
      this.#sent.push(pending);
    }
    this.#endTurn();
    this.#waiting = [];
    if (text !== '') this.#stream.write(text);
  }

  #take(stream: Redis['stream']): void {
    const parser = new RespParser();
    stream.removeAllListeners('data');
    stream.on('data', (piece: Buffer) => {
      try {
        parser.push(piece, (reply) => this.#hear(reply));
      } catch (thrown) {
        stream.destroy(thrown instanceof Error ? thrown : undefined);
      }
    });
    this.#stream = stream;
    this.#flush();
  }

  #hear(reply: Reply): void {
    const pending = this.#sent[this.#head++];
    if (this.#head === this.#sent.length) {
      this.#sent = [];
      this.#head = 0;
    }
    if (pending === undefined || pending.isSettled) return;
    pending.isSettled = true;
    if (!(reply instanceof RespError)) {
      this.#options.onAnswered();
      pending.resolve(reply);
    } else if (pending.orElse !== undefined && reply.message.startsWith('NOSCRIPT'))
      this.send(pending.orElse).then(pending.resolve, pending.reject);
    else pending.reject(this.#options.toError(reply));
  }

  #lose(reason: string): void {
    this.#stream = undefined;
    const open = this.#open();
    this.#sent = [];
    this.#head = 0;
    this.#endTurn();
    this.#waiting = [];
    for (const pending of open) this.#fail(pending, reason);
  }

  #endTurn(): void {
    // A new one: that which is cleared would be kept, see `BriefMap`.
    this.#gathered = new Map();
    this.#turn = undefined;
  }

  /** Everything that has no answer yet. */
  #open(): Pending[] {
    return [...this.#sent.slice(this.#head), ...this.#gathered.values(), ...this.#waiting].filter(
      ({ isSettled }) => !isSettled,
    );
  }

  #fail(pending: Pending, reason: string): void {
    pending.isSettled = true;
    pending.reject(this.#options.toError(new Error(reason)));
  }

  /** One timer for all commands: whoever has waited long enough when it fires has waited too long. */
  #watch(delayMs: number): () => void {
    const { clock, timeoutMs } = this.#options;
    return clock.setBackgroundTimer(delayMs, () => {
      const leftMs = (pending: Pending) => pending.atMs + timeoutMs - clock.nowMs();
      for (const pending of this.#open()) if (leftMs(pending) <= 0) this.#fail(pending, 'no answer in time');
      // It failed as a whole: whoever asks next begins another.
      if (this.#gathered.values().some(({ isSettled }) => isSettled)) this.#endTurn();
      const waits = this.#open().map(leftMs);
      this.#stopTimer = waits.length === 0 ? undefined : this.#watch(Math.max(1, Math.min(...waits)));
    });
  }

  close(): void {
    this.#stopTimer?.();
    this.#stopWaiting?.();
    this.#lose('the connection is closed');
  }
}

function isClosed({ status }: Redis): boolean {
  return status === 'end' || status === 'wait';
}

function newTurn(): Turn {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  return { done, resolve, reject, left: 0 };
}
