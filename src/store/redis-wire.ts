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

interface Gathered extends Pending {
  readonly command: (string | number)[];
  readonly done: Promise<Reply>;
}

export class RedisWire {
  readonly #options: RedisWireOptions;
  /** Sent, from `#head` on without a reply yet; what has timed out stays until its reply has passed. */
  #sent: Pending[] = [];
  #head = 0;
  /** Of this turn. */
  #waiting: Pending[] = [];
  readonly #gathered = new Map<string, Gathered>();
  #isFlushAsked = false;
  #stream: Redis['stream'] | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(options: RedisWireOptions) {
    const { client } = options;
    this.#options = options;
    client.on('ready', () => this.#take(client.stream));
    client.on('close', () => this.#lose('the connection was lost'));
    client.on('end', () => this.#lose('the connection is closed'));
  }

  /** @param orElse a command for a server that does not know the script of this one. */
  send(command: Command, orElse?: Command): Promise<Reply> {
    return new Promise((resolve, reject) => this.#enqueue(command, resolve, reject, orElse));
  }

  #enqueue(command: Command, resolve: Pending['resolve'], reject: Pending['reject'], orElse?: Command): void {
    const { clock, client, toError } = this.#options;
    if (client.status === 'end' || client.status === 'wait') {
      reject(toError(new Error('the connection is closed')));
      return;
    }
    this.#waiting.push({ command, resolve, reject, atMs: clock.nowMs(), orElse, isSettled: false });
    this.#askFlush();
  }

  /** Commands of which only matters that all are done: one promise for all of them. Resolves with the reply to the last. */
  sendAll(commands: readonly Args[]): Promise<Reply> {
    const last = commands.at(-1);
    if (last === undefined) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      for (const command of commands) this.#enqueue(command, command === last ? resolve : ignore, reject);
    });
  }

  /** One command for all `items` that are given for it in this turn. It goes out before those of {@link send}. */
  gather(verb: string, key: string, items: Args): Promise<Reply> {
    const name = `${verb} ${key}`;
    const known = this.#gathered.get(name);
    if (known !== undefined && !known.isSettled) {
      known.command.push(...items);
      return known.done;
    }
    return this.#begin(name, [verb, key, ...items]);
  }

  /** One command for all who ask for it in this turn, with what the first one gave. It goes out as those of {@link gather} do. */
  once(verb: string, key: string, value: string | number): Promise<Reply> {
    const name = `${verb} ${key}`;
    const known = this.#gathered.get(name);
    return known === undefined || known.isSettled ? this.#begin(name, [verb, key, value]) : known.done;
  }

  #begin(name: string, command: (string | number)[]): Promise<Reply> {
    const { promise: done, resolve, reject } = Promise.withResolvers<Reply>();
    const atMs = this.#options.clock.nowMs();
    this.#gathered.set(name, { command, done, resolve, reject, atMs, orElse: undefined, isSettled: false });
    this.#askFlush();
    return done;
  }

  #askFlush(): void {
    if (this.#isFlushAsked) return;
    this.#isFlushAsked = true;
    this.#options.clock.defer(() => this.#flush());
    this.#stopTimer ??= this.#watch(this.#options.timeoutMs);
  }

  #flush(): void {
    this.#isFlushAsked = false;
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
    this.#gathered.clear();
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
    this.#gathered.clear();
    this.#waiting = [];
    for (const pending of open) this.#fail(pending, reason);
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
      const waits = this.#open().map(leftMs);
      this.#stopTimer = waits.length === 0 ? undefined : this.#watch(Math.max(1, Math.min(...waits)));
    });
  }

  close(): void {
    this.#stopTimer?.();
    this.#lose('the connection is closed');
  }
}

function ignore(): void {}
