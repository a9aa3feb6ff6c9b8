// Options of the client and their defaults.
import { EnclaveError } from '../errors.ts';
import { type Ask, createTransport } from './transport.ts';

/** How a lost stream, or a refused submit that may be repeated, is tried again. */
export interface ReconnectionOptions {
  /** Default true. */
  readonly enabled?: boolean;
  /** Tries in a row without progress before the client gives up. Default 5. */
  readonly maxAttempts?: number;
  /** Each wait is the one before times this. Default 2. */
  readonly backoffMultiplier?: number;
  /** First wait, ms. Default 1,000. */
  readonly initialDelay?: number;
  /** A stream that carries nothing for so long, not even the broker's heartbeats, is left and resumed, ms. Default 45,000. */
  readonly silence?: number;
}

export interface EnclaveClientOptions {
  /** `http://` or `https://` (`ws://` and `wss://` are understood) of any broker; needed. */
  readonly serverUrl: string | undefined;
  readonly apiKey?: string;
  readonly reconnection?: ReconnectionOptions;
  /** ms until a run rejects with TIMED_OUT; the session itself goes on. Default 60,000. */
  readonly timeout?: number;
  /** Asks in place of the platform's own HTTP: for a proxy, or certificates, of the caller's. */
  readonly fetch?: typeof fetch;
  /** A number in [0, 1) for the jitter of waits. Default `Math.random` of the platform. */
  readonly random?: () => number;
}

export interface ClientConfig {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly isReconnecting: boolean;
  readonly maxAttempts: number;
  readonly backoffMultiplier: number;
  readonly initialDelayMs: number;
  readonly silenceMs: number;
  readonly timeoutMs: number;
  readonly ask: Ask;
  readonly random: () => number;
}

/** @throws EnclaveError INVALID_INPUT */
export function resolveClientOptions(options: EnclaveClientOptions): ClientConfig {
  const { serverUrl = '', apiKey, reconnection = {}, timeout = 60_000 } = options;
  const baseUrl = serverUrl.replace(/^ws(s?):/u, 'http$1:').replace(/\/+$/u, '');
  if (!/^https?:\/\/[^/]/u.test(baseUrl))
    throw new EnclaveError(
      'INVALID_INPUT',
      `serverUrl: expected http:// or https://, got ${JSON.stringify(serverUrl.slice(0, 100))}`,
    );
  const { enabled = true, maxAttempts = 5, backoffMultiplier = 2 } = reconnection;
  const { initialDelay = 1_000, silence = 45_000 } = reconnection;
  return {
    baseUrl,
    apiKey,
    isReconnecting: enabled,
    maxAttempts,
    backoffMultiplier,
    initialDelayMs: initialDelay,
    silenceMs: silence,
    timeoutMs: timeout,
    ask: createTransport(options.fetch),
    random: options.random ?? Math.random,
  };
}
