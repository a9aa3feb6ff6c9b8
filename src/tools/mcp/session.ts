// The connection to one MCP server over its life: a server that has died is started again when it is called next, after a pause
// that grows, and not for ever. A call that was under way when it died is not repeated: nobody knows how far it came.
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Clock } from '../../clock.ts';
import { ToolFailure } from '../tool-failure.ts';
import type { Connection } from './connect.ts';

/** The first restart comes at once; the pause before each further one is twice the last, from and up to these. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** Restarts of a server that does not stay up; then it is left alone for a while. */
const MAX_RESTARTS = 5;
/** After so long without a restart the count begins anew. */
const RESTARTS_WITHIN_MS = 60_000;

export interface SessionSetup {
  readonly name: string;
  readonly clock: Clock;
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
}

export class McpSession {
  readonly #setup: SessionSetup;
  readonly #stopped = new AbortController();
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #restartedMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = 0;
  #restarts = 0;

  constructor(connection: Connection, setup: SessionSetup) {
    this.#setup = setup;
    this.#hold(connection);
  }

  /**
   * A client to call with; starts the server again where that is due.
   * @throws ToolFailure MCP_CONNECTION_CLOSED while the server is down.
   */
  async client(): Promise<Client> {
    if (this.#connection !== undefined) return this.#connection.client;
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined;
    });
    return (await this.#opening).client;
  }

  /** The server does not know this client any more; the next call gets another. */
  drop(client: Client): void {
    if (this.#connection?.client !== client) return;
    void this.#connection.close();
    this.#connection = undefined;
  }

  /** Ends it for good. Never rejects. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#opening?.catch(() => undefined);
    await this.#connection?.close();
  }

  #hold(connection: Connection): void {
    this.#connection = connection;
    connection.client.onclose = () => {
      if (this.#connection === connection) this.#connection = undefined;
    };
  }

  async #reopen(): Promise<Connection> {
    const { name, clock, connect } = this.#setup;
    if (this.#stopped.signal.aborted) throw this.#gone('is closed');
    const nowMs = clock.nowMs();
    if (nowMs - this.#restartedMs >= RESTARTS_WITHIN_MS) this.#restarts = 0;
    if (this.#restarts >= MAX_RESTARTS)
      throw this.#gone(`has died ${MAX_RESTARTS} times and is left alone for a minute`);
    if (this.#restarts > 0 && nowMs < this.#notBeforeMs)
      throw this.#gone(`is started again in ${Math.ceil((this.#notBeforeMs - nowMs) / 1_000)} s`);
    this.#notBeforeMs = nowMs + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#restarts);
    this.#restarts++;
    this.#restartedMs = nowMs;
    try {
      const connection = await connect(this.#stopped.signal);
      this.#hold(connection);
      return connection;
    } catch (cause) {
      throw new ToolFailure(
        'MCP_CONNECTION_CLOSED',
        `${name}: the server is gone and could not be started again`,
        {
          cause,
        },
      );
    }
  }

  #gone(what: string): ToolFailure {
    return new ToolFailure('MCP_CONNECTION_CLOSED', `${this.#setup.name}: the server is gone; it ${what}`);
  }
}
