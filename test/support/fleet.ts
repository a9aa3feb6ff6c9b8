// A fleet of real processes that a test may kill, freeze and start again: each keeps its place, and brokers their port.
import { startChild, type TestChild } from './child.ts';
import { freePort, startRedis, type TestRedis } from './redis-server.ts';

/** A process that can be replaced by a new one with the same arguments. */
export class Place {
  readonly #fixture: string;
  readonly #args: readonly string[];
  #child: TestChild | undefined;

  constructor(fixture: string, args: readonly string[]) {
    this.#fixture = fixture;
    this.#args = args;
  }

  async start(): Promise<void> {
    this.#child = await startChild(this.#fixture, this.#args);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  stop(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.stop(signal);
  }
}

export interface Fleet extends AsyncDisposable {
  readonly redis: TestRedis;
  readonly brokers: readonly Place[];
  readonly runtimes: readonly Place[];
  /** Of the brokers, in their order. */
  readonly urls: readonly string[];
}

export interface FleetOptions {
  readonly redisArgs: readonly string[];
  readonly brokers: number;
  readonly runtimes: number;
  readonly brokerFixture: string;
  readonly brokerArgs: readonly string[];
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using started = new AsyncDisposableStack();
  const redis = started.use(await startRedis(options.redisArgs));
  const ports = await Promise.all(Array.from({ length: options.brokers }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const start = async (fixture: string, args: readonly string[]) => {
    const place = started.adopt(new Place(fixture, args), (each) => each.kill());
    await place.start();
    return place;
  };
  const brokers = await Promise.all(
    ports.map((port) => start(options.brokerFixture, [redis.url, `${port}`, ...options.brokerArgs])),
  );
  const runtimes = await Promise.all(
    // Each prefers another broker.
    Array.from({ length: options.runtimes }, (_, i) =>
      start('runtime-process.ts', [urls.map((_url, j) => urls[(i + j) % urls.length]).join(',')]),
    ),
  );
  const all = started.move();
  return { redis, brokers, runtimes, urls, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
