// What a caller gets instead of an answer.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { codeInfo, EnclaveError, toEnclaveError } from '../errors.ts';
import { quotaHeaders } from './quota-headers.ts';

interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Fastify's own refusals of a body, by status. */
const FASTIFY_CODES: Readonly<Record<number, 'INVALID_INPUT' | 'TOO_LARGE'>> = {
  400: 'INVALID_INPUT',
  413: 'TOO_LARGE',
  415: 'INVALID_INPUT',
};

export function isFastifyRefusal(thrown: unknown): thrown is Error & { readonly statusCode: number } {
  return thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number';
}

export function sendError(reply: FastifyReply, thrown: unknown): FastifyReply {
  const { status, headers, body } = replyTo(thrown);
  return reply.code(status).headers(headers).send(body);
}

/** Of errors that many callers are refused with. */
const shared = new WeakMap<EnclaveError, ErrorReply>();

/**
 * The same for a request whose body has not been read, past fastify.
 * @param error one for many callers.
 * @returns the HTTP status
 */
export function sendRefusal(response: ServerResponse, error: EnclaveError): number {
  let known = shared.get(error);
  if (known === undefined) {
    const { status, headers, body } = replyTo(error);
    known = { status, headers: { ...headers, 'content-length': `${Buffer.byteLength(body)}` }, body };
    shared.set(error, known);
  }
  response.writeHead(known.status, known.headers).end(known.body);
  return known.status;
}

function replyTo(thrown: unknown): ErrorReply {
  const code = isFastifyRefusal(thrown) ? FASTIFY_CODES[thrown.statusCode] : undefined;
  const error =
    code !== undefined && thrown instanceof Error
      ? new EnclaveError(code, thrown.message)
      : toEnclaveError(thrown);
  const { httpStatus: status, summary } = codeInfo(error.code);
  // What went wrong inside is nobody's business outside.
  const message = error.code === 'INTERNAL' ? summary : error.message;
  const { retryAfterMs, hint, problems } = error;
  const retryAfter = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000));
  const issues = problems.length === 0 ? undefined : problems;
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }),
      ...(error.quota === undefined ? {} : quotaHeaders(error.quota)),
    },
    body: JSON.stringify({ code: error.code, message, hint, issues, retryAfter }),
  };
}
