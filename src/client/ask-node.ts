// Questions by Node's own HTTP, over connections that are kept.
import type * as http from 'node:http';
import type * as https from 'node:https';
import type * as net from 'node:net';
import { asConnectionError } from './refusal.ts';
import type { Answer, Ask, Question } from './transport.ts';

export interface NodeHttp {
  readonly http: typeof http;
  readonly https: typeof https;
  readonly net: Pick<typeof net, 'connect'>;
  /** Where a broker sends its caller elsewhere. */
  readonly elsewhere: Ask;
}

const CONNECT_MS = 10_000;
/** How long the end of a body may take of which nothing more is wanted, ms: its connection is good for the next question then. */
const REST_MS = 50;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function askByNode({ http, https, net: { connect }, elsewhere }: NodeHttp): Ask {
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({ keepAlive: true });
  // The books that an agent keeps of its connections are a tenth of what it costs to open a stream, and to close it.
  const ownConnection = ({ host, port }: http.ClientRequestArgs): net.Socket =>
    connect({ host: host ?? '', port: Number(port), noDelay: true });
  const begin = (url: string, { method = 'GET', headers, isLong = false }: Question): http.ClientRequest => {
    if (url.startsWith('https:')) return https.request(url, { method, headers, agent: secure });
    const connection = isLong ? { createConnection: ownConnection } : { agent: plain };
    return http.request(url, { method, headers, ...connection });
  };
  const ask = (url: string, question: Question, isRepeat: boolean): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { signal, body } = question;
      if (signal.aborted) {
        reject(asConnectionError(signal.reason));
        return;
      }
      const request = begin(url, question);
      const onAbort = () => request.destroy(new Error('the question was given up'));
      signal.addEventListener('abort', onAbort, { once: true });
      request.once('close', () => signal.removeEventListener('abort', onAbort));
      request.once('socket', (socket) => boundConnect(request, socket));
      request.on('response', (response) => {
        if (REDIRECTS.has(response.statusCode ?? 0)) {
          response.resume();
          resolve(elsewhere(url, question));
        } else resolve(answerOf(response));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The broker closed the kept connection in the moment in which it was used again.
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !isRepeat && !signal.aborted;
        if (isStale) resolve(ask(url, question, true));
        else reject(asConnectionError(error));
      });
      request.end(body);
    });
  return (url, question) => ask(url, question, false);
}

/** A connection that is swallowed is not waited for as long as an answer is. */
function boundConnect(request: http.ClientRequest, socket: net.Socket): void {
  if (!socket.connecting) return;
  const timer = setTimeout(
    () => request.destroy(new Error(`no connection within ${CONNECT_MS} ms`)),
    CONNECT_MS,
  );
  const stop = () => clearTimeout(timer);
  socket.once('connect', stop);
  request.once('close', stop);
}

function answerOf(response: http.IncomingMessage): Answer {
  // Words that were cut between two pieces are put together again.
  response.setEncoding('utf8');
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    text: () =>
      new Promise((resolve, reject) => {
        let text = '';
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.once('end', () => resolve(text));
        response.once('error', (error) => reject(asConnectionError(error)));
      }),
    read: (take, silenceMs) =>
      new Promise((resolve, reject) => {
        const silence = setTimeout(() => {
          response.destroy();
          resolve();
        }, silenceMs);
        const hear = (piece: string) => {
          silence.refresh();
          let isEnough = true;
          try {
            isEnough = !take(piece);
          } catch (thrown) {
            reject(thrown);
          }
          if (!isEnough) return;
          response.removeListener('data', hear);
          leave(response);
          resolve();
        };
        response.on('data', hear);
        response.once('end', resolve);
        response.once('error', (error) => reject(asConnectionError(error)));
        response.once('close', () => {
          clearTimeout(silence);
          resolve();
        });
      }),
  };
}

/** Lets the rest of a body go by, if there is not much of it. */
function leave(response: http.IncomingMessage): void {
  response.resume();
  const timer = setTimeout(() => response.destroy(), REST_MS);
  response.once('close', () => clearTimeout(timer));
}
