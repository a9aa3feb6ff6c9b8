// The connections of one broker to Redis: one for commands, one that listens. Both are told from a dead link by time-outs:
// without them ioredis waits for ever on a link that swallows packets.
import { Cluster, Redis } from 'ioredis';
import { CircuitBreaker, type CircuitState } from '../circuit-breaker.ts';
import type { Clock } from '../clock.ts';
import { EnclaveError } from '../errors.ts';
import { loadScript, SCRIPT_NAMES, type Script, type ScriptName } from './redis-scripts.ts';
import { type Args, type Command, type Gatherer, RedisWire, type SendOptions } from './redis-wire.ts';
import { RespError } from './resp.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionOptions {
  /** A client to copy the settings of (it is never used itself, nor closed), or a `redis://` URL. */
  readonly redis: RedisClient | string;
  readonly clock: Clock;
  /** Time-out of a command, ms. Default 3,000. */
  readonly commandTimeout?: number;
  /** The connection that hears of news is made anew when it does not answer a ping for so long, ms. Default: as a command. */
  readonly listenTimeout?: number;
}

const PING_EVERY_MS = 2_000;
/** So many commands in a row that did not get through, and the next are refused at once, but for one a second. */
const BREAKER = { failures: 3, openMs: 1_000 } as const;

export class RedisConnection {
  readonly #command: RedisClient;
  readonly #listener: RedisClient;
  /** What sessions are made of goes this way. A Cluster has no such short cut, nor a client that renames keys. */
  readonly #short: { readonly client: Redis; readonly wire: RedisWire } | undefined;
  readonly #clock: Clock;
  readonly #scripts: ReadonlyMap<ScriptName, Script>;
  readonly #breaker: CircuitBreaker;
  #stopPinging: () => void = () => {};
  #isClosed = false;

  constructor({ redis, clock, commandTimeout = 3_000, listenTimeout }: RedisConnectionOptions) {
    this.#clock = clock;
    this.#breaker = new CircuitBreaker({ clock, ...BREAKER });
    this.#scripts = new Map(SCRIPT_NAMES.map((name) => [name, loadScript(name)]));
    const common = { lazyConnect: true, keepAlive: 5_000, connectTimeout: commandTimeout, commandTimeout };
    this.#command = copy(redis, { ...common, enableAutoPipelining: true, maxRetriesPerRequest: 1 });
    this.#listener = copy(redis, {
      ...common,
      commandTimeout: listenTimeout ?? commandTimeout,
      maxRetriesPerRequest: null,
      // By hand: of its own subscribing ioredis tells nobody when it fails, and an unheard rejection ends the process.
      autoResubscribe: false,
    });
    const direct = copy(redis, { ...common, protocol: 2, autoResendUnfulfilledCommands: false });
    if (direct instanceof Redis && (direct.options.keyPrefix ?? '') === '')
      this.#short = { client: direct, wire: this.#wireOf(direct, commandTimeout) };
    for (const client of this.#clients) {
      // A lost link shows in the commands that fail; without a listener ioredis would print it.
      client.on('error', () => {});
      if (client !== this.#listener) client.on('ready', () => this.#breaker.succeeded());
    }
  }

  get #clients(): RedisClient[] {
    return [this.#command, this.#listener, ...(this.#short === undefined ? [] : [this.#short.client])];
  }

  #wireOf(client: Redis, timeoutMs: number): RedisWire {
    return new RedisWire({
      client,
      clock: this.#clock,
      timeoutMs,
      onAnswered: () => this.#breaker.succeeded(),
      toError: (cause) => this.#failed(cause),
    });
  }

  /** Connects and calls `onMessage` for what is published on the channels; `onReconnect` when some may be missing. */
  async open(
    channels: readonly string[],
    onMessage: (message: string) => void,
    onReconnect: () => void,
  ): Promise<void> {
    this.#listener.on('message', (_channel: string, message: string) => onMessage(message));
    await this.run(() => Promise.all(this.#clients.map(connect)));
    await this.run(() => this.#listener.subscribe(...channels));
    this.#listener.on('ready', () => void this.#subscribeAgain(channels, onReconnect));
    // A master that went leaves its slots to a replica, which may lack what was written last; the listener may be on another node.
    if (this.#command instanceof Cluster)
      this.#command.on('-node', () => {
        if (!this.#isClosed) this.#clock.defer(onReconnect);
      });
    this.#schedulePing();
  }

  /** What was published before is gone. A link that does not take the subscription is made anew. */
  async #subscribeAgain(channels: readonly string[], onReconnect: () => void): Promise<void> {
    try {
      await this.#listener.subscribe(...channels);
      this.#clock.defer(onReconnect);
    } catch {
      if (!this.#isClosed) this.#listener.disconnect(true);
    }
  }

  get client(): RedisClient {
    return this.#command;
  }

  /**
   * Runs a script by its hash; a server that does not know it yet gets the text.
   * @param args or what makes them when this turn of the event loop is over.
   * @param options as far as they concern a connection of our own.
   */
  script(
    name: ScriptName,
    keys: readonly string[],
    args: Command,
    { patienceMs = 0 }: Pick<SendOptions, 'patienceMs'> = {},
  ): Promise<unknown> {
    const script = this.#scripts.get(name);
    if (script === undefined) throw new EnclaveError('INTERNAL', `there is no script ${name}`);
    if (
      typeof args !== 'function' &&
      (script.keys.length !== keys.length || script.args.length !== args.length)
    )
      throw new EnclaveError(
        'INTERNAL',
        `script ${name} was called with keys or arguments that its header does not have`,
      );
    if (this.#short !== undefined) {
      let made = typeof args === 'function' ? undefined : args;
      const rest = () => {
        made ??= typeof args === 'function' ? args() : args;
        return [keys.length, ...keys, ...made];
      };
      const known = () => ['EVALSHA', script.sha1, ...rest()];
      const orElse = () => ['EVAL', script.lua, ...rest()];
      return this.#entered() ?? this.#short.wire.send(known, { orElse, patienceMs });
    }
    return this.run(() => this.#runOnCommand(script, keys, args));
  }

  async #runOnCommand(script: Script, keys: readonly string[], given: Command): Promise<unknown> {
    if (typeof given === 'function') await new Promise<void>((resolve) => this.#clock.defer(resolve));
    const args = typeof given === 'function' ? given() : given;
    try {
      return await this.#command.evalsha(script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await this.#command.eval(script.lua, keys.length, ...keys, ...args);
    }
  }

  /** A command whose first argument is its only key. */
  send(command: string, key: string, args: Args): Promise<unknown> {
    if (this.#short !== undefined) return this.#entered() ?? this.#short.wire.send([command, key, ...args]);
    return this.run(() => this.#command.call(command, key, ...args));
  }

  /**
   * Commands that are one with those of all who ask in this turn of the event loop; ahead of what {@link send} and {@link script} send
   * in it. Resolves when they are done, perhaps together with those of others.
   */
  gather(ask: (gatherer: Gatherer) => void): Promise<void> {
    if (this.#short !== undefined) return this.#entered() ?? this.#short.wire.gather(ask);
    return this.run(async () => {
      const calls: Promise<unknown>[] = [];
      const call = (verb: string, key: string, args: Args) =>
        void calls.push(this.#command.call(verb, key, ...args));
      ask({
        add: call,
        once: (verb, key, value) => call(verb, key, [value]),
        join: (verb, key, before, word) => call(verb, key, [...before, word]),
      });
      await Promise.all(calls);
    });
  }

  /** A rejection while nothing is asked of the server. */
  #entered(): Promise<never> | undefined {
    return this.#breaker.tryEnter() ? undefined : Promise.reject(unavailable('it does not answer'));
  }

  /** Whatever Redis or the link to it does becomes STORE_UNAVAILABLE; no text of a command is in the message. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#breaker.tryEnter()) throw unavailable('it does not answer');
    try {
      const result = await work();
      this.#breaker.succeeded();
      return result;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  #failed(cause: unknown): EnclaveError {
    // A refusal comes from a server that is there.
    if (cause instanceof EnclaveError || isRefusal(cause)) this.#breaker.succeeded();
    else this.#breaker.failed();
    if (cause instanceof EnclaveError) return cause;
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    return unavailable(reason.slice(0, 200), cause);
  }

  /** Run ids of all masters: another text means another process, and perhaps other data. */
  async runId(): Promise<string> {
    const nodes = this.#command instanceof Redis ? [this.#command] : this.#command.nodes('master');
    const infos = await Promise.all(nodes.map((node) => node.info('server')));
    return infos
      .map((info) => /run_id:(\w+)/u.exec(String(info))?.[1] ?? '')
      .sort()
      .join(',');
  }

  get breakerState(): CircuitState {
    return this.#breaker.state;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopPinging();
    for (const client of this.#clients) client.disconnect();
    this.#short?.wire.close();
  }

  /** A link that does not answer within the time-out is cut, so that ioredis makes a new one. */
  #schedulePing(): void {
    this.#stopPinging = this.#clock.setTimer(PING_EVERY_MS, () => {
      const pings = [
        this.#ping(this.#command, () => this.#command.ping()),
        this.#ping(this.#listener, () => this.#listener.ping()),
        ...(this.#short === undefined
          ? []
          : [this.#ping(this.#short.client, () => this.#short?.wire.send(['PING']))]),
      ];
      void Promise.all(pings).then(() => {
        if (!this.#isClosed) this.#schedulePing();
      });
    });
  }

  async #ping(client: RedisClient, ping: () => Promise<unknown> | undefined): Promise<void> {
    if (client.status !== 'ready') return;
    try {
      await ping();
    } catch {
      if (!this.#isClosed) client.disconnect(true);
    }
  }
}

function unavailable(reason: string, cause?: unknown): EnclaveError {
  return new EnclaveError('STORE_UNAVAILABLE', `redis: ${reason}`, { cause, retryAfterMs: 1_000 });
}

function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    (thrown.name === 'ReplyError' || thrown instanceof RespError) &&
    !/^(?:LOADING|CLUSTERDOWN)/u.test(thrown.message)
  );
}

async function connect(client: RedisClient): Promise<void> {
  if (client.status === 'wait' || client.status === 'end') await client.connect();
}

function copy(redis: RedisClient | string, options: object): RedisClient {
  const reconnect = (times: number) => Math.min(50 * 2 ** Math.min(times, 5), 1_000);
  const node = { ...options, retryStrategy: reconnect };
  if (typeof redis === 'string') return new Redis(redis, node);
  // A copy keeps the caller's address, password and TLS. Reads of replicas may be old: claims and fences never may.
  if (redis instanceof Redis) return redis.duplicate(node);
  const { enableAutoPipelining: _pipelining, ...perNode } = { enableAutoPipelining: false, ...options };
  const { replyMapping: _replyMapping, ...ofCaller } = redis.options.redisOptions ?? {};
  return redis.duplicate(undefined, {
    ...redis.options,
    scaleReads: 'master',
    lazyConnect: true,
    // One command each: when a node was away, ioredis follows a redirection of a single command and learns from it, but
    // gives up on a pipeline whose commands are redirected from different slots, and never finds the node again.
    enableAutoPipelining: false,
    clusterRetryStrategy: reconnect,
    redisOptions: { ...ofCaller, ...perNode },
  });
}
