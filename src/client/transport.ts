// How a client asks a broker: by Node's own HTTP where there is one, which takes a third of what its `fetch` takes, else by `fetch`.
import { askByFetch } from './ask-fetch.ts';
import { askByNode } from './ask-node.ts';

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends it, whatever has come of the answer. */
  readonly signal: AbortSignal;
  /** The answer is a stream that may last: where that can be chosen, its connection is used for nothing else. */
  readonly isLong?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** The whole body. @throws EnclaveError CONNECTION_LOST */
  readonly text: () => Promise<string>;
  /**
   * Hands over the body as it comes. Resolves when `take` wants no more, the body has ended, or nothing has come for `silenceMs`.
   * @throws EnclaveError CONNECTION_LOST, and what `take` throws
   */
  readonly read: (take: (piece: string) => boolean, silenceMs: number) => Promise<void>;
}

/** @throws EnclaveError CONNECTION_LOST when there is no answer, also since the question was ended. */
export type Ask = (url: string, question: Question) => Promise<Answer>;

/** @param fetchGiven of the caller, for connections of another kind. */
export function createTransport(fetchGiven: typeof fetch | undefined): Ask {
  if (fetchGiven !== undefined) return askByFetch(fetchGiven);
  // Looked up each time: pages and tests may replace it.
  const byFetch = askByFetch((...request) => fetch(...request));
  const { process } = globalThis;
  // Not imported, so that browsers and bundlers find nothing of Node here.
  const http = process?.getBuiltinModule?.('node:http');
  const https = process?.getBuiltinModule?.('node:https');
  const net = process?.getBuiltinModule?.('node:net');
  // Of the proxies that the environment names, only `fetch` knows.
  const isProxied = process?.env?.['NODE_USE_ENV_PROXY'] !== undefined;
  return http === undefined || https === undefined || net === undefined || isProxied
    ? byFetch
    : askByNode({ http, https, net, elsewhere: byFetch });
}
